import Fidelity
