/*
 * What a call can answer: one closed list of codes, each with a class (what to do about it), a
 * blame (whose doing it was) and a text (one plain clause, without a full stop). `MJL_OK` is 0, all
 * else is a refusal that changed nothing unless the call's own comment says otherwise.
 *
 * Codes are stable numbers: new ones are added at the end of their block, none is ever reused.
 */
#ifndef MAJLIS_RESULT_H
#define MAJLIS_RESULT_H

#include "majlis/api.h"

MJL_BEGIN_DECLS

/* What the caller can do about it. */
typedef enum mjl_class {
    MJL_CLASS_OK = 0,
    MJL_CLASS_RETRY,     /* Later, or after a step, the same call may succeed. */
    MJL_CLASS_FIX_INPUT, /* The same input will never be accepted. */
    MJL_CLASS_REJOIN,    /* This member has to be added to the group again. */
    MJL_CLASS_REOPEN,    /* Close the profile and open it again. */
    MJL_CLASS_OUR_BUG    /* Majlis broke a promise of its own: please report it. */
} mjl_class;

/* Whose doing it was. */
typedef enum mjl_blame {
    MJL_BLAME_NOBODY = 0,
    MJL_BLAME_SELF,      /* The calling application, or this machine. */
    MJL_BLAME_MEMBER,    /* Whoever made the bytes. */
    MJL_BLAME_TRANSPORT, /* Whoever carried the bytes. */
    MJL_BLAME_STORE      /* The disk, or whoever wrote to it. */
} mjl_blame;

/* X(name, number, class, blame, text) */
#define MJL_RESULTS(X)                                                                             \
    X(OK, 0, OK, NOBODY, "done")                                                                   \
    /* The machine and the caller. */                                                              \
    X(OUT_OF_MEMORY, 1, RETRY, SELF, "out of memory")                                              \
    X(FULL, 2, RETRY, SELF, "a bounded queue is full")                                             \
    X(EMPTY, 3, RETRY, NOBODY, "nothing is waiting")                                               \
    X(UNPERSISTED, 4, RETRY, NOBODY, "output waits for the next step")                             \
    X(BAD_ARGUMENT, 5, FIX_INPUT, SELF, "an argument is outside its range")                        \
    X(WRONG_STATE, 6, FIX_INPUT, SELF, "the call does not work in this state")                     \
    X(BUSY, 7, RETRY, SELF, "the call is refused from inside a running task")                      \
    X(NO_RANDOM, 8, RETRY, SELF, "the random source failed")                                       \
    X(NOT_FOUND, 9, FIX_INPUT, SELF, "no such thing")                                              \
    X(AMBIGUOUS, 10, FIX_INPUT, SELF, "more than one thing bears that name")                       \
    X(NOT_A_MEMBER, 11, REJOIN, SELF, "this member is not in the group")                           \
    X(NOT_ALLOWED, 12, FIX_INPUT, SELF, "the group's policy does not allow it")                    \
    X(TIME_WENT_BACK, 13, FIX_INPUT, SELF, "the time is before the last one given")                \
    X(BUDGET_SPENT, 14, RETRY, NOBODY, "the work budget of the call was reached and more is due")  \
    X(BUG, 15, OUR_BUG, SELF, "an internal promise was broken")                                    \
    /* Encoded bytes of any kind. */                                                               \
    X(TRUNCATED, 32, FIX_INPUT, MEMBER, "the bytes end too early")                                 \
    X(TRAILING, 33, FIX_INPUT, MEMBER, "bytes follow the end")                                     \
    X(NOT_CANONICAL, 34, FIX_INPUT, MEMBER, "a value is not in its one canonical form")            \
    X(MALFORMED, 35, FIX_INPUT, MEMBER, "the bytes are not of the expected form")                  \
    X(TOO_LARGE, 36, FIX_INPUT, MEMBER, "a size is over its bound")                                \
    X(UNKNOWN_VERSION, 37, FIX_INPUT, MEMBER, "the format version is unknown")                     \
    X(UNKNOWN_KIND, 38, FIX_INPUT, MEMBER, "the kind is unknown")                                  \
    /* A saved schedule, monitor or expectation. */                                                \
    X(SAVED_DUPLICATE_ID, 48, FIX_INPUT, STORE, "two saved tasks bear one id")                     \
    X(SAVED_ID_TOO_HIGH, 49, FIX_INPUT, STORE, "a saved id was never given out")                   \
    X(SAVED_IN_THE_PAST, 50, FIX_INPUT, STORE, "a saved task is due before the saved now")         \
    X(SAVED_RUNNING, 51, FIX_INPUT, STORE, "the state was saved from inside a task")               \
    X(SAVED_ORDER, 52, FIX_INPUT, STORE, "saved entries are out of order")                         \
    X(SAVED_DANGLING, 53, FIX_INPUT, STORE, "a saved entry names one that is not there")           \
    /* MLS. */                                                                                     \
    X(BAD_SIGNATURE, 64, FIX_INPUT, MEMBER, "a signature does not verify")                         \
    X(CANNOT_OPEN, 65, FIX_INPUT, MEMBER, "the bytes do not decrypt")                              \
    X(BAD_MAC, 66, FIX_INPUT, MEMBER, "a membership tag does not verify")                          \
    X(BAD_CONFIRMATION, 67, FIX_INPUT, TRANSPORT, "a confirmation tag does not verify")            \
    X(WRONG_GROUP, 68, FIX_INPUT, TRANSPORT, "the bytes belong to another group")                  \
    X(WRONG_EPOCH, 69, RETRY, TRANSPORT, "the bytes belong to another epoch")                      \
    X(UNKNOWN_SENDER, 70, FIX_INPUT, MEMBER, "the sender is not in the tree")                      \
    X(KEY_USED, 71, FIX_INPUT, TRANSPORT, "the key of that generation was used or erased")         \
    X(TOO_FAR_AHEAD, 72, RETRY, MEMBER, "the generation is too far ahead")                         \
    X(BAD_KEY, 73, FIX_INPUT, MEMBER, "a public key is not a valid point")                         \
    X(BAD_LEAF, 74, FIX_INPUT, MEMBER, "a leaf node breaks a validation rule")                     \
    X(BAD_KEY_PACKAGE, 75, FIX_INPUT, MEMBER, "a key package breaks a validation rule")            \
    X(BAD_TREE, 76, FIX_INPUT, MEMBER, "a ratchet tree breaks a validation rule")                  \
    X(BAD_PROPOSALS, 77, FIX_INPUT, MEMBER, "a list of proposals breaks a validation rule")        \
    X(BAD_COMMIT, 78, FIX_INPUT, MEMBER, "a commit breaks a validation rule")                      \
    X(BAD_UPDATE_PATH, 79, FIX_INPUT, MEMBER, "an update path breaks a validation rule")           \
    X(BAD_GROUP_INFO, 80, FIX_INPUT, MEMBER, "a group info breaks a validation rule")              \
    X(BAD_WELCOME, 81, FIX_INPUT, MEMBER, "a welcome breaks a validation rule")                    \
    X(NOT_FOR_US, 82, FIX_INPUT, NOBODY, "the bytes are meant for somebody else")                  \
    X(UNKNOWN_PROPOSAL, 83, FIX_INPUT, MEMBER, "a commit names a proposal that is not known")      \
    X(UNKNOWN_PSK, 84, FIX_INPUT, SELF, "a pre-shared key is not known")                           \
    X(WRONG_SUITE, 85, FIX_INPUT, MEMBER, "the cipher suite is not supported here")                \
    X(REMOVED, 86, REJOIN, MEMBER, "the commit removes this member")                               \
    X(NO_PATH_SECRET, 87, REJOIN, MEMBER,                                                          \
      "the path secret for this member is missing or does not match")                              \
    X(UNSUPPORTED, 88, FIX_INPUT, MEMBER, "a required capability is missing")                      \
    X(CANNOT_REMOVE_SELF, 89, FIX_INPUT, SELF, "a member cannot commit its own removal")           \
    /* The payload, the transcript and the session. */                                             \
    X(BAD_PAYLOAD, 112, FIX_INPUT, MEMBER, "a payload breaks a rule of its form")                  \
    X(WRONG_AUTHOR, 113, FIX_INPUT, MEMBER, "the author named inside is not the sender")           \
    X(WRONG_GENERATION, 114, FIX_INPUT, MEMBER, "the generation named inside is not the sender's") \
    X(PARENTS_NOT_ANTICHAIN, 115, FIX_INPUT, MEMBER,                                               \
      "a parent is an ancestor of another, or they share an author")                               \
    X(PARENT_NOT_OF_BRANCH, 116, FIX_INPUT, MEMBER, "a parent is of a sibling or later epoch")     \
    X(SEQ_NOT_NEXT, 117, FIX_INPUT, MEMBER, "the sequence number is not the author's next")        \
    X(OWN_PLACE_NOT_FOLLOWED, 118, FIX_INPUT, MEMBER,                                              \
      "the author's previous place is not before its parents")                                     \
    X(NO_PARENT_IN_EPOCH, 119, FIX_INPUT, MEMBER,                                                  \
      "no parent is the epoch's commit or of the epoch")                                           \
    X(EQUIVOCATION, 120, FIX_INPUT, MEMBER, "the author has another place at that point")          \
    X(PARENT_UNKNOWN, 121, RETRY, MEMBER, "a parent is not known yet")                             \
    X(ROOM_MAC, 122, FIX_INPUT, MEMBER, "the room secret does not match")                          \
    X(TOO_MANY_REQUESTS, 123, RETRY, MEMBER, "too many join requests are waiting")                 \
    X(DUPLICATE, 124, FIX_INPUT, TRANSPORT, "the bytes were seen before")                          \
    X(NOT_CONFIRMED, 125, RETRY, TRANSPORT, "not everyone is known to have it")                    \
    X(BAD_EVIDENCE, 126, FIX_INPUT, NOBODY, "the two places do not contradict each other")         \
    /* The store. */                                                                               \
    X(STORE_FAILED, 160, REOPEN, STORE, "the store failed")                                        \
    X(STORE_LOCKED, 161, RETRY, SELF, "another process has the profile open")                      \
    X(STORE_FULL, 162, REOPEN, STORE, "the disk is full")                                          \
    X(STORE_DAMAGED, 163, FIX_INPUT, STORE, "the stored records are damaged or mixed")             \
    X(STORE_FOREIGN, 164, FIX_INPUT, STORE, "the file is not a Majlis profile")                    \
    X(STORE_WRONG_KEY, 165, FIX_INPUT, SELF, "the key does not open the profile")                  \
    X(STORE_MISSING, 166, FIX_INPUT, SELF, "there is no such profile")                             \
    X(STORE_UNREADABLE, 167, FIX_INPUT, SELF, "the profile cannot be read or written")             \
    /* Transports. */                                                                              \
    X(TRANSPORT_DOWN, 192, RETRY, TRANSPORT, "the transport is down")                              \
    X(TRANSPORT_ADDRESS, 193, FIX_INPUT, SELF, "the transport address is not understood")          \
    X(TRANSPORT_MISSING, 194, FIX_INPUT, SELF, "what the transport address names does not exist")  \
    X(PACKET_TOO_LARGE, 195, FIX_INPUT, SELF, "the packet is larger than the transport takes")     \
    /* RFC 9420's validation rules, one code each: session/mls/RULES.md says where they stand. */  \
    /* Encoding and framing (§2.1, §6, §13.4). */                                               \
    X(LENGTH_PREFIX, 256, FIX_INPUT, MEMBER,                                                       \
      "a vector's length has the prefix that none may have")                                       \
    X(PRESENCE_OCTET, 257, FIX_INPUT, MEMBER, "a presence octet is neither 0 nor 1")               \
    X(EXTENSION_TWICE, 258, FIX_INPUT, MEMBER, "a list of extensions has a type twice")            \
    X(SENDER_CONTENT, 259, FIX_INPUT, MEMBER,                                                      \
      "that kind of sender may not send that kind of content")                                     \
    X(APPLICATION_IN_THE_CLEAR, 260, FIX_INPUT, MEMBER, "application data came unencrypted")       \
    X(PADDING_NOT_ZERO, 261, FIX_INPUT, MEMBER, "a byte of the padding is not zero")               \
    X(SENDER_DATA_SIZE, 262, FIX_INPUT, MEMBER, "encrypted sender data is not of its one size")    \
    X(EXTERNAL_SENDER_PROPOSAL, 263, FIX_INPUT, MEMBER,                                            \
      "an external sender may not make that kind of proposal")                                     \
    X(NEW_MEMBER_PROPOSAL, 264, FIX_INPUT, MEMBER,                                                 \
      "a newcomer proposes something other than to be added")                                      \
    /* Leaf nodes (§7.2, §7.3). */                                                               \
    X(LEAF_ENCRYPTION_KEY, 288, FIX_INPUT, MEMBER, "a leaf's encryption key is not a valid point") \
    X(LEAF_SIGNATURE_KEY, 289, FIX_INPUT, MEMBER, "a leaf's signature key is not a valid key")     \
    X(LEAF_SIGNATURE, 290, FIX_INPUT, MEMBER, "a leaf's signature does not verify")                \
    X(LEAF_VERSION, 291, FIX_INPUT, MEMBER, "a leaf does not list the protocol version")           \
    X(LEAF_CREDENTIAL, 293, FIX_INPUT, MEMBER, "a leaf does not list its own credential type")     \
    X(LEAF_EXTENSION, 294, FIX_INPUT, MEMBER, "a leaf has an extension that it does not list")     \
    X(LEAF_LIFETIME, 295, FIX_INPUT, MEMBER, "a leaf's lifetime ends before it begins")            \
    X(LEAF_LIFETIME_TOO_LONG, 296, FIX_INPUT, MEMBER, "a leaf's lifetime is longer than allowed")  \
    X(LEAF_NOT_VALID_NOW, 297, FIX_INPUT, MEMBER, "a leaf's lifetime does not cover the present")  \
    X(LEAF_SOURCE_NOT_KEY_PACKAGE, 298, FIX_INPUT, MEMBER,                                         \
      "the leaf of a key package says that it is none")                                            \
    X(LEAF_SOURCE_NOT_UPDATE, 299, FIX_INPUT, MEMBER,                                              \
      "the leaf of an update says that it is none")                                                \
    X(LEAF_SOURCE_NOT_COMMIT, 300, FIX_INPUT, MEMBER,                                              \
      "the leaf of a commit's path says that it is none")                                          \
    X(REQUIRED_EXTENSION, 301, FIX_INPUT, MEMBER, "a leaf lacks a required extension")             \
    X(REQUIRED_PROPOSAL, 302, FIX_INPUT, MEMBER, "a leaf lacks a required proposal type")          \
    X(REQUIRED_CREDENTIAL, 303, FIX_INPUT, MEMBER, "a leaf lacks a required credential type")      \
    X(GROUP_EXTENSION, 304, FIX_INPUT, MEMBER, "a leaf lacks an extension that the group uses")    \
    X(CREDENTIAL_IN_USE, 305, FIX_INPUT, MEMBER,                                                   \
      "a member does not support another's credential type")                                       \
    X(SIGNATURE_KEY_TWICE, 306, FIX_INPUT, MEMBER, "two leaves have one signature key")            \
    X(ENCRYPTION_KEY_TWICE, 307, FIX_INPUT, MEMBER, "two leaves have one encryption key")          \
    X(UPDATE_KEEPS_KEY, 308, FIX_INPUT, MEMBER, "an update keeps the leaf's encryption key")       \
    X(CREDENTIAL_REFUSED, 309, FIX_INPUT, MEMBER, "the application does not accept a credential")  \
    /* Key packages (§10). */                                                                     \
    X(KEY_PACKAGE_SUITE, 320, FIX_INPUT, MEMBER, "a key package is for another cipher suite")      \
    X(INIT_KEY, 321, FIX_INPUT, MEMBER, "a key package's init key is not a valid point")           \
    X(INIT_KEY_IS_LEAF_KEY, 322, FIX_INPUT, MEMBER, "a key package uses one key for two purposes") \
    X(KEY_PACKAGE_SIGNATURE, 323, FIX_INPUT, MEMBER, "a key package's signature does not verify")  \
    X(KEY_PACKAGE_VERSION, 324, FIX_INPUT, MEMBER,                                                 \
      "a key package is for another protocol version")                                             \
    /* Ratchet trees (§7.1, §7.9.2, §12.4.3). */                                                \
    X(TREE_MISSING, 336, FIX_INPUT, MEMBER, "nobody gave the ratchet tree")                        \
    X(TREE_ENDS_BLANK, 337, FIX_INPUT, MEMBER, "a ratchet tree ends in a blank node")              \
    X(TREE_NODE_PLACE, 338, FIX_INPUT, MEMBER,                                                     \
      "a leaf stands in a parent's place, or the reverse")                                         \
    X(TREE_HASH, 339, FIX_INPUT, MEMBER, "the ratchet tree is not the one of the group context")   \
    X(PARENT_HASH, 340, FIX_INPUT, MEMBER, "a parent node was not set by a member below it")       \
    X(PARENT_KEY, 341, FIX_INPUT, MEMBER, "a parent node's key is not a valid point")              \
    X(PARENT_KEY_TWICE, 342, FIX_INPUT, MEMBER, "a parent node's key stands in another node")      \
    X(UNMERGED_ORDER, 343, FIX_INPUT, MEMBER, "unmerged leaves are not in ascending order")        \
    X(UNMERGED_BLANK, 344, FIX_INPUT, MEMBER, "an unmerged leaf is blank")                         \
    X(UNMERGED_ELSEWHERE, 345, FIX_INPUT, MEMBER, "an unmerged leaf is not below its parent node") \
    X(UNMERGED_BETWEEN, 346, FIX_INPUT, MEMBER,                                                    \
      "a parent node in between does not list an unmerged leaf")                                   \
    X(ROOT_PARENT_HASH, 347, FIX_INPUT, MEMBER, "the root of a ratchet tree has a parent hash")    \
    /* Proposals, alone and in a list (§8.4, §12.1, §12.2). */                                  \
    X(UPDATE_BY_COMMITTER, 368, FIX_INPUT, MEMBER, "a commit has an update of its own committer")  \
    X(REMOVE_OF_COMMITTER, 369, FIX_INPUT, MEMBER, "a commit removes its own committer")           \
    X(REMOVE_OF_NOBODY, 370, FIX_INPUT, MEMBER, "a proposal removes a leaf that is blank")         \
    X(LEAF_CHANGED_TWICE, 371, FIX_INPUT, MEMBER, "two proposals update or remove one leaf")       \
    X(ADDED_TWICE, 372, FIX_INPUT, MEMBER, "two proposals add one client")                         \
    X(MEMBER_ADDED, 373, FIX_INPUT, MEMBER, "a proposal adds a client that is a member")           \
    X(PSK_NONCE, 374, FIX_INPUT, MEMBER, "a pre-shared key's nonce is not of the hash's size")     \
    X(PSK_OF_REINIT, 375, FIX_INPUT, MEMBER,                                                       \
      "a pre-shared key for re-initialisation is used elsewhere")                                  \
    X(PSK_OF_BRANCH, 376, FIX_INPUT, MEMBER, "a pre-shared key for branching is used elsewhere")   \
    X(PSK_TWICE, 377, FIX_INPUT, MEMBER, "two proposals name one pre-shared key")                  \
    X(CONTEXT_EXTENSIONS_TWICE, 378, FIX_INPUT, MEMBER,                                            \
      "two proposals replace the group's extensions")                                              \
    X(REINIT_NOT_ALONE, 379, FIX_INPUT, MEMBER,                                                    \
      "a re-initialisation is committed with another proposal")                                    \
    X(REINIT_VERSION, 380, FIX_INPUT, MEMBER,                                                      \
      "a re-initialisation is to an older protocol version")                                       \
    X(EXTERNAL_INIT_INSIDE, 381, FIX_INPUT, MEMBER, "a member's commit has an external init")      \
    X(PROPOSAL_UNSUPPORTED, 382, FIX_INPUT, MEMBER, "a member does not support a proposal's type") \
    /* Commits, their paths, and commits from outside (§7.5, §12.4). */                          \
    X(PATH_MISSING, 400, FIX_INPUT, MEMBER, "a commit lacks the path that its proposals require")  \
    X(PATH_LENGTH, 401, FIX_INPUT, MEMBER, "a path has too few or too many nodes")                 \
    X(PATH_CIPHERTEXTS, 402, FIX_INPUT, MEMBER,                                                    \
      "a node of a path has not one ciphertext for each recipient")                                \
    X(PATH_KEY, 403, FIX_INPUT, MEMBER, "a key of a path is not a valid point")                    \
    X(PATH_KEY_TWICE, 404, FIX_INPUT, MEMBER, "a key of a path stands in another node")            \
    X(PATH_KEEPS_LEAF_KEY, 405, FIX_INPUT, MEMBER,                                                 \
      "a commit's path keeps the leaf's encryption key")                                           \
    X(PATH_PARENT_HASH, 406, FIX_INPUT, MEMBER, "the leaf of a path does not hash the path")       \
    X(EXTERNAL_NO_PATH, 407, FIX_INPUT, MEMBER, "a commit from outside has no path")               \
    X(EXTERNAL_INIT_COUNT, 408, FIX_INPUT, MEMBER,                                                 \
      "a commit from outside has not one external init")                                           \
    X(EXTERNAL_REMOVES_TWO, 409, FIX_INPUT, MEMBER, "a commit from outside removes two leaves")    \
    X(EXTERNAL_PROPOSAL, 410, FIX_INPUT, MEMBER,                                                   \
      "a commit from outside has a kind of proposal it may not have")                              \
    X(EXTERNAL_REFERENCE, 411, FIX_INPUT, MEMBER,                                                  \
      "a commit from outside names a proposal by reference")                                       \
    X(EXTERNAL_INIT_KEM, 412, FIX_INPUT, MEMBER, "an external init does not open")                 \
    /* Group infos and welcomes (§11.2, §11.3, §12.4.3). */                                     \
    X(GROUP_INFO_SIGNER, 432, FIX_INPUT, MEMBER, "a group info's signer is not in the tree")       \
    X(GROUP_INFO_SIGNATURE, 433, FIX_INPUT, MEMBER, "a group info's signature does not verify")    \
    X(GROUP_INFO_SUITE, 434, FIX_INPUT, MEMBER, "a group info is for another cipher suite")        \
    X(CONTEXT_HASH_SIZE, 435, FIX_INPUT, MEMBER, "a hash in a group context has the wrong size")   \
    X(WELCOME_SUITE, 436, FIX_INPUT, MEMBER, "a welcome is for another cipher suite")              \
    X(WELCOME_SECRET_SIZE, 437, FIX_INPUT, MEMBER, "a secret in a welcome has the wrong size")     \
    X(WELCOME_PATH_SECRET, 438, FIX_INPUT, MEMBER,                                                 \
      "a welcome has a path secret for a node that is blank")                                      \
    X(WELCOME_PSK_NOT_ALONE, 439, FIX_INPUT, MEMBER,                                               \
      "a welcome has two pre-shared keys for re-initialisation or branching")                      \
    X(NOT_IN_THE_TREE, 440, FIX_INPUT, MEMBER, "the leaf of our key package is not in the tree")   \
    X(EXTERNAL_PUB_MISSING, 441, FIX_INPUT, MEMBER, "a group info has no external public key")     \
    X(GROUP_ID_IN_USE, 442, FIX_INPUT, MEMBER, "another group here has that group id")             \
    X(RESUMED_EPOCH, 443, FIX_INPUT, MEMBER, "a group that continues another is not at epoch 1")   \
    X(REINIT_DIFFERS, 444, FIX_INPUT, MEMBER,                                                      \
      "a re-initialised group is not as its proposal says")                                        \
    X(REINIT_MEMBERS, 445, FIX_INPUT, MEMBER,                                                      \
      "a re-initialised group has not the members of the old one")                                 \
    X(BRANCH_DIFFERS, 446, FIX_INPUT, MEMBER,                                                      \
      "a branched group has another version or cipher suite")                                      \
    X(BRANCH_MEMBERS, 447, FIX_INPUT, MEMBER,                                                      \
      "a branched group has members that the old one has not")

typedef enum mjl_result {
#define MJL_RESULT_ENUM(name, number, class_, blame_, text) MJL_##name = (number),
    MJL_RESULTS(MJL_RESULT_ENUM)
#undef MJL_RESULT_ENUM
} mjl_result;

/* All three answer for any number, also one that is not in the list ("unknown result", OUR_BUG,
 * SELF). */
MJL_API const char *mjl_result_text(mjl_result result);
MJL_API const char *mjl_result_name(mjl_result result); /* "BAD_SIGNATURE" */
MJL_API mjl_class mjl_result_class(mjl_result result);
MJL_API mjl_blame mjl_result_blame(mjl_result result);

MJL_END_DECLS

#endif
