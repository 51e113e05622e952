/* stored.h - what the commands that look at backups and restores have in common. */
#pragma once
#include "cli/flags.h"
#include "cli/listing.h"
#include "cli/origin.h"

typedef struct GetFlags {
        OriginFlags origin;
        ListingFlags listing;
        Str selector;
} GetFlags;
bool stored_get(Cli *cli, CatalogKind kind, const ListingTable *how, const CommandLine *line,
                const GetFlags *flags, Error *err) MUST_CHECK;

typedef struct DescribeFlags {
        OriginFlags origin;
        FetchFlags fetch;
        int format; /* OutputFormat, or one more for plain text */
        Str selector;
        bool details;
} DescribeFlags;
extern const Option describe_flags[];
bool stored_describe(Cli *cli, CatalogKind kind, const CommandLine *line, const DescribeFlags *flags,
                     Error *err) MUST_CHECK;

typedef struct LogsFlags {
        OriginFlags origin;
        FetchFlags fetch;
        bool follow;
} LogsFlags;
extern const Option logs_flags[];
/* logs.c */
bool stored_logs(Cli *cli, CatalogKind kind, Str name, const LogsFlags *flags, Error *err) MUST_CHECK;
