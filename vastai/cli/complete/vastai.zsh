#compdef vastai
# Completion of vastai in zsh: vastai itself says what may follow.
_vastai() {
    local program=${(Q)words[1]} then row
    local -a rows names texts before after
    whence -p -- $~program >/dev/null || program=vastai
    (( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
    rows=("${(@f)$($~program __complete zsh "${before[@]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    then=$rows[1]
    shift rows
    if [[ $then == files ]]; then
        [[ $PREFIX == --*=* ]] && compset -P '*='
        _files
        return
    fi
    [[ $then == open ]] && after=(-S '')
    for row in $rows; do
        names+=("${row%%$'\t'*}")
        texts+=("${row/$'\t'/  -- }")
    done
    if [[ "$rows" == *$'\t'* ]]; then
        compadd -l -d texts "${after[@]}" -a names
    else
        compadd "${after[@]}" -a names
    fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _vastai "$@"
else
    compdef _vastai vastai
fi
