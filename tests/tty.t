#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# wsl4 on a terminal: under tmux, vi, colours, a resize, Ctrl-C, Ctrl-Z, job
# control.

. "$(dirname "$0")/lib.sh"

command -v tmux >/dev/null || skip_all 'tmux is missing'
instance main
linux_up

socket=$work/tmux
mux()
{
	TMUX= tmux -S "$socket" -f /dev/null "$@"
}

screen()
{
	mux capture-pane -p -t t
}

# keys KEY...; type TEXT: with Enter
keys()
{
	mux send-keys -t t "$@"
}

type_line()
{
	mux send-keys -t t -l "$1"
	mux send-keys -t t Enter
}

shows()
{
	screen | grep -qE -- "$1"
}

# sees TEXT REGEX: the screen shows it within ten seconds
sees()
{
	if within "${3:-10}" shows "$2"; then
		pass "$1"
	else
		fail "$1"
		diag "$(screen)"
	fi
}

trap 'mux kill-server 2>/dev/null; at_exit' EXIT
mux new-session -d -s t -x 90 -y 25 "env -u TMUX bash --norc" || bail 'no tmux'
type_line "PS1='host> '; clear"
sees 'a shell of this machine' '^host> *$'
type_line "'$top/wsl4'"
sees 'a login shell in Linux' '^root@linux:.*# *$' 60
type_line "PS1='linux> '; clear"
sees 'its prompt' '^linux> *$'
type_line 'tty; stty size; echo $TERM'
sees 'it is a terminal' '^/dev/(pts/|tty)'
sees 'of the right size' '^25 90'
type_line clear
type_line 'echo a"b"c'
sees 'a line runs once' '^abc$'
type_line clear
type_line 'mkdir -p /tmp/colour/dir; ls --color=always /tmp/colour'
sees 'ls --color: the name' '^dir'
ok 'ls --color: the colour' grep -q $'\033\\[[0-9;]*m.*dir' \
	<(mux capture-pane -e -p -t t)

# Resize
type_line clear
mux resize-window -t t -x 70 -y 20 || mux resize-pane -t t -x 70 -y 20
sleep 0.5
type_line 'stty size'
sees 'a resize arrives' '^20 70'

# Signals by key
type_line clear
type_line 'sleep 100; echo status $?'
sleep 1
keys C-c
sees 'Ctrl-C' '^\^C'
sees 'and the prompt is back' '^linux> *$'
type_line 'echo $?'
sees 'with status 130' '^130$'
type_line clear
type_line 'sleep 50'
sleep 1
keys C-z
sees 'Ctrl-Z' 'Stopped +sleep 50'
type_line bg
sees 'bg' 'sleep 50 &'
type_line jobs
sees 'jobs' 'Running +sleep 50'
type_line fg
sleep 1
keys C-c
sleep 1
type_line clear
sees 'fg and Ctrl-C' '^linux> *$'
sleep 1
keys C-d
sees 'the end of input: the shell of this machine is back' '^host> *$' 20
type_line 'stty -a | grep -o " -\?icanon\| -\?echo " | tr -d "\n"; echo'
sees 'and its terminal is as it was' '^ icanon echo'

# A program of its own on the terminal hears of a resize
type_line clear
type_line "'$top/wsl4' bash -c 'trap \"stty size; exit 3\" WINCH; echo wait''s; while :; do sleep 0.1; done'"
sees 'a program waits' '^waits' 20
mux resize-window -t t -x 80 -y 24
sees 'it hears of a resize' '^24 80' 20
sees 'and ends' 'host> *$' 20
type_line 'echo status $?'
sees 'with its status' '^status 3'

# vi
type_line clear
type_line "'$top/wsl4' vi /tmp/vi.txt"
sees 'vi' '^~' 20
keys i
mux send-keys -t t -l 'one two'
keys Enter
mux send-keys -t t -l 'three'
keys Escape
sleep 0.3
keys k 0 d w
type_line ':wq'
sees 'vi ends' 'host> *$' 20
lx 20 cat /tmp/vi.txt
is 'vi has written' "${out//$'\n'/|}" 'two|three'

# The exit status, and a program that is killed
type_line clear
type_line "'$top/wsl4' sh -c 'exit 7'; echo status \$?"
sees 'the exit status' '^status 7$' 20
type_line clear
type_line "'$top/wsl4' sleep 100; echo status \$?"
sleep 2
keys C-c
sees 'Ctrl-C: 130' 'status 130$' 20

# Output that is a pipe, input that is the terminal
type_line clear
type_line "'$top/wsl4' sh -c 'test -t 1 || echo no tty' | cat"
sees 'a pipe is no terminal' '^no tty' 20

done_testing
