/* What every public header needs: visibility, and the attribute for results that must be read. */
#ifndef MAJLIS_API_H
#define MAJLIS_API_H

#ifdef __cplusplus
#define MJL_BEGIN_DECLS extern "C" {
#define MJL_END_DECLS }
#else
#define MJL_BEGIN_DECLS
#define MJL_END_DECLS
#endif

#if defined(__GNUC__)
#define MJL_API __attribute__((visibility("default")))
#define MJL_MUST_USE __attribute__((warn_unused_result))
#else
#define MJL_API
#define MJL_MUST_USE
#endif

#endif
