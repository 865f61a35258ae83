/* `majlis`: talk in a group over whatever moves bytes, or watch others do it. */
#include <stdio.h>

#include "chat.h"
#include "complaint.h"
#include "demo.h"
#include "majlis/version.h"
#include "options.h"
#include "replay_command.h"
#include "verify_evidence.h"

int main(int argc, char **argv)
{
    struct options options;
    if (!options_read(argc, argv, &options)) return COMPLAINT_EXIT_USAGE;
    switch (options.command) {
    case OPTIONS_CHAT:
        return chat_main(&options);
    case OPTIONS_DEMO:
        return demo_main(&options);
    case OPTIONS_VERIFY_EVIDENCE:
        return verify_evidence_main(&options);
    case OPTIONS_REPLAY:
        return replay_main(&options);
    case OPTIONS_HELP:
        options_print_help();
        return 0;
    case OPTIONS_VERSION:
        puts("majlis " MJL_VERSION);
        return 0;
    }
    return COMPLAINT_EXIT_USAGE;
}
