#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# The NT half under Wine, with the payload in Linux's place: host calls, disks,
# parameters, start, stop, restart, panic, and the driver at another base.
#
#	prove tests/payload/payload.t
#
# Uses a Wine prefix of its own below $BUILD (default: build). With SLOW=1 it
# also waits for a Linux that does not shut down.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use Test::More;
use Time::HiRes qw(time sleep);

my $here = dirname(abs_path($0));
my $top = abs_path("$here/../..");
make_path($ENV{BUILD} // "$top/build");
my $build = abs_path($ENV{BUILD} // "$top/build") . '/tests/payload';
my $dir = "$build/run";
my $key = 'HKLM\System\CurrentControlSet\Services\linux\Parameters';

make_path($dir);
unlink(glob("$dir/wine.out.*"));
$ENV{WINEPREFIX} = "$build/prefix";
$ENV{WINEDEBUG} = '-all,+debugstr';
delete $ENV{DISPLAY};

sub sh {
	my ($limit, @command) = @_;
	my $pid = open(my $out, '-|') // die;
	if (!$pid) {
		open(STDIN, '<', '/dev/null');
		open(STDERR, '>&', \*STDOUT);
		exec('timeout', '-k', '5', $limit, @command) or die;
	}
	local $/;
	my $text = <$out> // '';
	close($out);
	return ($? >> 8, $text);
}

sub windows_path {
	return 'Z:' . $_[0] =~ s{/}{\\}gr;
}

# Processes that stay keep Wine's output open, so it goes to a file of its own.
my $wine_out;
my $wine_calls = 0;
sub wine {
	my @command = @_;
	$wine_out = "$dir/wine.out." . ++$wine_calls;
	return sh(150, 'sh', '-c', 'exec wine "$@" >"$0" 2>&1', $wine_out,
		  @command);
}

sub wine_output {
	return slurp($wine_out) =~ s/\r//gr;
}

sub slurp {
	open(my $f, '<:raw', $_[0]) or return '';
	local $/;
	return <$f> // '';
}

sub image {
	my ($name, $bytes) = @_;
	open(my $f, '>:raw', "$dir/$name") or die;
	truncate($f, $bytes);
	close($f);
}

sub log_text {
	return slurp("$dir/linux.log");
}

# The text appears in the log within some seconds.
sub log_has {
	my ($pattern, $seconds) = @_;
	my $end = time + ($seconds // 10);
	while (time < $end) {
		return 1 if log_text() =~ $pattern;
		sleep(0.05);
	}
	return 0;
}

sub set {
	my ($name, $value, $type) = @_;
	my @add = ('reg', 'add', $key, '/v', $name, '/t', $type // 'REG_SZ',
		   '/d', $value, '/f');
	# On a busy machine Wine's reg was seen to end without having begun.
	for my $try (1 .. 3) {
		my ($status) = wine(@add);
		return if !$status;
		diag("reg add $name: ", wine_output());
	}
	die "reg add $name";
}

sub unset {
	wine('reg', 'delete', $key, '/v', $_[0], '/f');
}

my @disks = ('disk0.img', 'disk1.img,ro');

sub set_disks {
	set('Disks', join('\0', map { windows_path("$dir/$_") } @_),
	    'REG_MULTI_SZ');
}

sub start {
	my ($command_line) = @_;
	set('CommandLine', $command_line) if defined($command_line);
	my ($status) = wine('sc', 'start', 'linux');
	return $status == 0;
}

sub stop {
	my ($status) = wine('sc', 'stop', 'linux');
	return $status == 0;
}

sub state {
	wine('sc', 'query', 'linux');
	return wine_output() =~ /STATE\s*:\s*\d+\s+(\w+)/ ? $1 : '?';
}

# A start that must fail, with that in the log.
sub refused {
	my ($what, $pattern) = @_;
	unlink("$dir/linux.log");
	my $started = start('');
	ok(!$started && log_has($pattern, 2), "refused: $what")
		or diag(log_text(), wine_output());
	stop() if $started;
}

sub driver {
	my ($name) = @_;
	wine('sc', 'config', 'linux', 'binPath=', windows_path("$build/$name"));
	wine('reg', 'add', $key =~ s/\\Parameters//r, '/v', 'ImagePath', '/t',
	     'REG_EXPAND_SZ', '/d', windows_path("$build/$name"), '/f');
}

my ($status, $output) = sh(120, 'make', '-s', '-C', $here, "BUILD=$build");
is($status, 0, 'the payload is built') or BAIL_OUT($output);

if (!-d "$ENV{WINEPREFIX}/drive_c") {
	sh(300, 'sh', '-c', 'wineboot -i >"$0" 2>&1', "$dir/wineboot.out");
	sh(60, 'wineserver', '-w');
}
# Without a program of its own Wine ends its services after some seconds.
sh(10, 'sh', '-c', 'wineserver -p >/dev/null 2>&1');
END {
	if ($ENV{WINEPREFIX}) {
		my $exit = $?;
		system('wineserver -k >/dev/null 2>&1');
		$? = $exit;
	}
}
# The service manager waits 10 s for a driver's end unless told otherwise.
wine('reg', 'add', 'HKLM\System\CurrentControlSet\Control', '/v',
     'ServicesPipeTimeout', '/t', 'REG_SZ', '/d', '120000', '/f');
sh(20, 'wineserver', '-k');
sh(10, 'sh', '-c', 'wineserver -p >/dev/null 2>&1');
wine('sc', 'delete', 'linux');
($status) = wine('sc', 'create', 'linux', 'type=', 'kernel', 'start=', 'demand',
		 'binPath=', windows_path("$build/linux.sys"));
is($status, 0, 'the service is there') or BAIL_OUT(wine_output());

image('disk0.img', 64 << 20);
image('disk1.img', 1 << 20);
image('empty.img', 0);
image('odd.img', 1000);
set_disks(@disks);
set('LogFile', windows_path("$dir/linux.log"));
set('MemoryMB', 64, 'REG_DWORD');

# The tests that the payload itself makes, at both bases.
for my $driver ('linux.sys', 'linux-moved.sys') {
	driver($driver);
	ok(start('tests'), "$driver starts");
	ok(log_has(qr/payload is idle/, 60), "$driver: the tests end");
	my $log = log_text();
	my ($planned) = $log =~ /^1\.\.(\d+)$/m;
	my $good = () = $log =~ /^ok - /mg;
	is($good, $planned // -1, "$driver: all of them are good");
	diag($_) for $log =~ /^not ok.*/mg;
	note($_) for $log =~ /^# .*/mg;
	if ($driver eq 'linux-moved.sys') {
		my ($base) = $log =~ /image at (\d+)/;
		ok($base && $base != 0x7ffe0000 + 0x100000,
		   'Wine has relocated it');
	}
	is(state(), 'RUNNING', "$driver is running");
	ok(!start(), 'a second start fails');
	ok(stop(), "$driver stops");
	like(log_text(), qr/power signal\nlinux\.sys: Linux has stopped\n\z/,
	     'in order');
	is(state(), 'STOPPED', "$driver has stopped");
}
driver('linux.sys');

# Idle costs nothing.
start('');
log_has(qr/payload is idle/);
my ($pid) = grep { slurp("/proc/$_/environ") =~ /WINEPREFIX=\Q$build\E\/prefix/ &&
		   slurp("/proc/$_/maps") =~ /payload\/linux\.sys/ }
	    map { m{/proc/(\d+)} } glob('/proc/[0-9]*');
ok($pid, 'the process with the driver');
sub ticks {
	my @f = split(' ', slurp("/proc/$pid/stat") =~ s/.*\)//sr);
	return $f[11] + $f[12];
}
my $ticks = ticks();
sleep(3);
$ticks = ticks() - $ticks;
cmp_ok($ticks, '<=', 1, "idle costs nothing ($ticks ticks in 3 s)");

# The process dies: the next start is a good one.
kill('KILL', $pid);
sleep(1);
ok(start(''), 'starts again after a SIGKILL') or diag(wine_output());
ok(log_has(qr/payload is idle/), 'and runs');
ok(stop(), 'and stops');

# Ten starts and stops, each with a restart or more inside.
image('disk0.img', 64 << 20);
my $good = 0;
for my $n (1 .. 10) {
	$good++ if start('restart') && log_has(qr/payload is idle/, 20) &&
		stop() && log_text() =~ /# boot ${n}0\n/ &&
		log_text() !~ /^not ok/m;
}
is($good, 10, 'ten starts with ten boots each, on pristine data')
	or diag(log_text());

# Ends that are not orderly.
ok(start('panic'), 'a panic leaves the driver loaded');
ok(log_has(qr/the last line before the panic\n.*Kernel panic: attempted/s),
   'the log has everything');
is(state(), 'RUNNING', 'the service is still there');
ok(stop(), 'and can be stopped');
ok(start('silent'), 'a Linux that just returns');
ok(log_has(qr/Linux ended without a word/), 'is told in the log');
ok(stop(), 'and can be stopped');
unlink("$dir/linux.log");
ok(!start('refuse'), 'a refusal by Linux fails the start');
ok(log_has(qr/Linux cannot run here: this is no machine for me\n/),
   'and is told in the log');
is(state(), 'STOPPED', 'the service is not running');

# Parameters.
set('MemoryMB', 'plenty');
refused('memory that is no number', qr/MemoryMB is not a number/);
set('MemoryMB', '1');
refused('too little memory', qr/MemoryMB is 1, not in/);
set('MemoryMB', '4294967295', 'REG_DWORD');
refused('too much memory', qr/MemoryMB is 4294967295, not in/);
set('MemoryMB', '', 'REG_BINARY');
refused('memory that is nothing', qr/MemoryMB is not a number/);
set('MemoryMB', '64');
set_disks('missing.img');
refused('a missing disk', qr/missing\.img: there is no such file/);
set_disks('empty.img');
refused('an empty disk', qr/empty\.img: it is empty/);
set_disks('odd.img');
refused('a truncated disk', qr/odd\.img: .*truncated\?/);
make_path("$dir/directory");
set_disks('directory');
refused('a directory', qr/it is a directory|cannot be opened/);
set_disks('disk0.img', 'disk0.img');
refused('one disk twice', qr/disk0\.img: it is in use/);
set('Disks', 'nonsense', 'REG_MULTI_SZ');
refused('a disk that is no path', qr/Disks: "nonsense" is no path/);
set('Disks', join('\0', map { "C:\\$_" } 1 .. 17), 'REG_MULTI_SZ');
refused('too many disks', qr/more than 16 disks/);
set('Disks', '5', 'REG_DWORD');
refused('disks of an odd type', qr/Disks is not of type/);
set_disks(@disks);

open(my $lock, '+<', "$dir/disk0.img") or die;
# struct flock: a write lock on everything
my $flock = pack('s s x4 q q l x4', 1, 0, 0, 0, 0);
fcntl($lock, 6, $flock) or die;
refused('a disk that another program has locked', qr/disk0\.img: it is in use/);
close($lock);

my $long = 'x' x 2100;
wine('reg', 'add', $key, '/v', 'CommandLine', '/d', $long, '/f');
ok(!start() && log_text() =~ /CommandLine is longer than/,
   'refused: a long command line');
wine('reg', 'add', $key, '/v', 'CommandLine', '/t', 'REG_DWORD', '/d', '1', '/f');
ok(!start() && log_text() =~ /CommandLine is not of type/,
   'refused: a command line of an odd type');
set('LogFile', 'Z:\nonexistent\linux.log');
ok(!start(''), 'refused: a log file that cannot be made');
unset('LogFile');
unset('Disks');
unset('MemoryMB');
unlink("$ENV{WINEPREFIX}/drive_c/windows/linux.log");
ok(start("\x{c3}\x{a4} plain"), 'starts without parameters')
	or diag(wine_output());
sleep(0.5);
like(slurp("$ENV{WINEPREFIX}/drive_c/windows/linux.log"),
     qr/payload: .* plain\n/, 'the log is in its default place');
ok(stop(), 'and stops');
set('LogFile', windows_path("$dir/linux.log"));
set_disks(@disks);

SKIP: {
	skip('SLOW is not set', 3) unless $ENV{SLOW};
	start('deaf');
	log_has(qr/payload is deaf/);
	my $start = time;
	ok(stop(), 'a Linux that does not shut down is given up');
	my $took = time - $start;
	ok($took > 85 && $took < 100, 'in time');
	is(state(), 'STOPPED', 'and the service ends');
}

# DbgPrint: in the output of the program that started Wine's services.
sh(20, 'wineserver', '-k');
sh(10, 'sh', '-c', 'wineserver -p >/dev/null 2>&1');
wine('cmd', '/c', 'exit');
my $services_out = $wine_out;
start('panic');
like(slurp($services_out), qr/warn:debugstr:.*payload: panic/, 'DbgPrint');
stop();

done_testing();
