# Completion of vastai in bash: vastai itself says what may follow.
_vastai() {
    local program=${1/#\~/$HOME} then= row
    type -P "$program" >/dev/null || program=vastai
    COMPREPLY=()
    {
        IFS= read -r then
        while IFS= read -r row; do
            COMPREPLY+=("$row")
        done
    } < <("$program" __complete bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
    case $then in
        open) compopt -o nospace ;;
        files) compopt -o default ;; # bash itself knows how to write the names of files
    esac 2>/dev/null
}
complete -F _vastai vastai
