
# What an option of the verb takes: flag, text, file, dir, or words and the words.
function __heirloom_kind
    set -l key "$argv[1]"
    test -n "$key"; or set key -
    for line in (__heirloom_options "$key")
        set -l fields (string split \t -- "$line")
        if test "$fields[1]" = "$argv[2]"
            echo "$fields[2]"
        end
    end
end

function __heirloom_values
    switch "$argv[1]"
        case file
            __fish_complete_path "$argv[2]"
        case dir
            __fish_complete_directories "$argv[2]" directory
        case 'words *'
            string split ' ' -- (string replace 'words ' '' -- "$argv[1]")
    end
end

function __heirloom_complete
    set -l current (commandline -ct)
    set -l before (commandline -opc)
    set -e before[1]
    set -l verb ''
    set -l open yes
    set -l helped no
    set -l count 0
    set -l pending ''
    set -l ended no
    for word in $before
        if test -n "$pending"
            set pending ''
        else if test $ended = no; and test "$word" = --
            set ended yes
        else if test $ended = no; and string match -q -- '--*=*' "$word"
            continue
        else if test $ended = no; and string match -q -- '--*' "$word"
            set -l option (string sub -s 3 -- "$word")
            set -l kind (__heirloom_kind "$verb" "$option")
            if test -n "$kind"; and test "$kind" != flag
                set pending "$option"
            end
        else if test $ended = no; and string match -qr -- '^-[^0-9I]' "$word"
            continue
        else if test "$open$helped$verb$word" = yesnohelp
            set helped yes
        else if test $open = yes; and contains -- "$word" (__heirloom_following "$verb" | string replace -r '\t.*' '')
            set verb (string trim -- "$verb $word")
        else
            set open no
            set count (math $count + 1)
        end
    end
    if test -n "$pending"
        set -l kind (__heirloom_kind "$verb" "$pending")
        __heirloom_values "$kind" "$current"
    else if test $ended = no; and string match -q -- '--*=*' "$current"
        set -l parts (string split -m 1 = -- "$current")
        set -l kind (__heirloom_kind "$verb" (string sub -s 3 -- "$parts[1]"))
        for value in (__heirloom_values "$kind" "$parts[2]")
            echo "$parts[1]=$value"
        end
    else if test $ended = no; and string match -q -- '-*' "$current"
        for line in (__heirloom_options "$verb")
            set -l fields (string split \t -- "$line")
            printf '%s\t%s\n' "--$fields[1]" "$fields[3]"
        end
    else
        if test $open = yes
            __heirloom_following "$verb"
        end
        set -l kind (__heirloom_operand "$verb" $count)
        __heirloom_values "$kind" "$current"
    end
end

complete -c heirloom -f -a '(__heirloom_complete)'
