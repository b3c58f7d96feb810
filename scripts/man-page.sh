#!/bin/sh
# Prints the man page of an lpsim, made from its own help: scripts/man-page.sh .build/release/lpsim > lpsim.1
set -eu
lpsim=$1

# Help as roff: its headings become those of $1 (SH or SS), the usage flows, all else stays as it stands.
help_as_roff() {
  sed 's/\\/\\e/g; s/-/\\-/g' | awk -v heading="$1" '
    function title(text) { print ".fi\n." heading " \"" text "\"" }
    /^OVERVIEW: / { title("DESCRIPTION"); sub(/^OVERVIEW: /, "") ; print; next }
    /^EXAMPLES$/ { title("EXAMPLES"); print ".nf"; next }
    /^USAGE: / { title("USAGE"); sub(/^USAGE: /, ""); print; next }
    /^[A-Z]+:$/ { sub(/:$/, ""); title($0); print ".nf"; next }
    /^$/ { print ".PP"; next }
    /^[.'"'"']/ { printf "\\&" }
    { print }'
}

echo ".TH LPSIM 1 \"\" \"lpsim $("$lpsim" --version)\""
echo '.SH NAME'
echo 'lpsim \- simulates serving large language models on modeled GPUs'
"$lpsim" help | help_as_roff SH
"$lpsim" help | awk '/^SUBCOMMANDS:/ { on = 1 } on && /^  [a-z]/ { print $1 }' | while read -r command; do
  echo .fi
  echo ".SH \"LPSIM $(echo "$command" | tr '[:lower:]' '[:upper:]')\""
  "$lpsim" help "$command" | help_as_roff SS
done
cat <<'END'
.fi
.SH ENVIRONMENT
.TP
.B LPSIM_CONFIG_PATH
Folders of configs that are searched first, with colons between them; then come
.I ./configs
and those beside and above the program, such as
.IR share/lpsim/configs .
.SH "EXIT STATUS"
0, or as in
.BR sysexits.h (3head):
64 for the command line, 65 for the data of a file, 66 for a file that is missing, 69 for what is not available here, 70
for a policy or lpsim itself that broke a rule, 73 and 74 for a file that cannot be made or written, 78 for a
configuration, 130 after Ctrl\-C.
END
