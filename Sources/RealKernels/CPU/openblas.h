// What we use of OpenBLAS.
#ifndef LPK_OPENBLAS_H
#define LPK_OPENBLAS_H

#include <cblas.h>

#endif
