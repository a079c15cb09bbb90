# Completion of vastai in fish: vastai itself says what may follow.
function __vastai_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l program $before[1]
    set -e before[1]
    type -fq -- $program; or set program vastai
    set -l rows ($program __complete fish $before $current 2>/dev/null </dev/null)
    if test "$rows[1]" = files
        set -l head (string match -r -- '^--[^=]*=' $current; or echo '')
        for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' $current))
            echo -- $head$path
        end
        return
    end
    set -e rows[1]
    test -n "$rows"; and printf '%s\n' $rows
end
complete -c vastai -f -a '(__vastai_complete)'
