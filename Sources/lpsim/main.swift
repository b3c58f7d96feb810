print("lpsim")
