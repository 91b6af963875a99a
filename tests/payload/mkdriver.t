#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# mkdriver: the driver that it makes, and what it refuses. Needs no Wine.
#
#	prove tests/payload/mkdriver.t

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(time);

my $here = dirname(abs_path($0));
my $build = $ENV{BUILD} ? abs_path($ENV{BUILD}) . '/tests/payload' :
	    "$here/../../build/tests/payload";
my $temp = tempdir(CLEANUP => 1);

sub sh {
	my $output = qx{($_[0]) 2>&1 </dev/null};
	return ($? >> 8 || $? & 127, $output);
}

my ($status, $output) = sh("make -s -C $here BUILD=$build");
is($status, 0, 'the payload is built') or BAIL_OUT($output);

for my $driver ('linux.sys', 'linux-moved.sys') {
	($status, $output) = sh("$build/peload --check $build/$driver");
	is($status, 0, "$driver: headers, checksum, sections") or diag($output);
	($status, $output) =
		sh("$build/peload $build/$driver relocations");
	ok($status == 0 && $output =~ /^1\.\.\d+$/m &&
	   $output !~ /^not ok/m,
	   "$driver runs at a base that is only page aligned")
		or diag($output);
}

# Link some assembly after the NT half; the linker's options may be changed.
sub mkdriver {
	my ($code, %how) = @_;
	open(my $s, '>', "$temp/x.S") or die;
	print $s "\t.text\n\t.globl linux_entry\nlinux_entry:\n\tret\n$code\n",
		"\t.section .note.GNU-stack, \"\", \@progbits\n";
	close($s);
	open(my $l, '>', "$temp/x.lds") or die;
	print $l $how{lds} // <<'END';
SECTIONS
{
	. = 0x10100000;
	.text : { *(.text) }
	. = ALIGN(4096);
	.rodata : { *(.rodata) }
	. = ALIGN(4096);
	.data : { *(.data) }
	.bss : { *(.bss) }
}
END
	close($l);
	my $ld = $how{ld} // '--emit-relocs';
	my ($status, $output) = sh("cd $temp && rm -f x.sys && " .
		"gcc -c -o x.o x.S && ld $ld -T x.lds -o x x.o");
	die $output if $status;
	return sh("cd $temp && $build/mkdriver $build/nt.sys x x.sys");
}

sub refused {
	my ($what, $message, $code, %how) = @_;
	my ($status, $output) = mkdriver($code, %how);
	ok($status == 1 && $output =~ $message && !-e "$temp/x.sys",
	   "refused: $what") or diag("$status: $output");
}

($status, $output) = mkdriver(".data\n.quad linux_entry\n");
is($status, 0, 'the smallest Linux') or diag($output);
is((sh("$build/peload --check $temp/x.sys"))[0], 0, 'is a good driver');

refused('short absolute address', qr/\.text\+0x\d+: R_X86_64_32S? against/,
	"mov \$linux_entry, %eax\n");
refused('short absolute data', qr/\.data\+0x4: R_X86_64_32 against/,
	".data\n.long 0, linux_entry\n");
refused('relative to an absolute symbol', qr/R_X86_64_PC32 against far_away/,
	"lea far_away(%rip), %rax\n.globl far_away\n.set far_away, 0x123456\n");
refused('call of an undefined weak symbol',
	qr/R_X86_64_PLT32 against nobody: relative to an undefined/,
	".weak nobody\n.hidden nobody\ncall nobody\n");
refused('large alignment', qr/\.data wants an alignment of 8192/,
	".data\n.balign 8192\n.quad 1\n");
refused('writable code', qr/both writable and executable/,
	".section .odd, \"awx\"\n.quad linux_entry\n");
refused('an absolute address in the GOT', qr/\.got\S* is no address in the image/,
	"push far_away\@GOTPCREL(%rip)\n.globl far_away\n.set far_away, 0x123456\n" .
	".data\n.quad linux_entry\n",
	lds => 'SECTIONS { . = 0x10100000; .text : { *(.text) } ' .
	       '. = ALIGN(4096); .data : { *(.data) } ' .
	       '.got : { *(.got) } .got.plt : { *(.got.plt) } }');
refused('no relocations', qr/--emit-relocs/, ".data\n.quad linux_entry\n",
	ld => '');
refused('overlap with the NT half', qr/overlaps .* link vmlinux higher/,
	".data\n.quad linux_entry\n",
	lds => 'SECTIONS { . = 0x10010000; .text : { *(.text) } ' .
	       '. = ALIGN(4096); .data : { *(.data) } }');
refused('below the image base', qr/out of reach/,
	".data\n.quad linux_entry\n",
	lds => 'SECTIONS { . = 0x400000; .text : { *(.text) } ' .
	       '. = ALIGN(4096); .data : { *(.data) } }');
refused('data in a page of code',
	qr/shares a page|both writable and executable/,
	".data\n.quad linux_entry\n",
	lds => 'SECTIONS { . = 0x10100000; .text : { *(.text) } ' .
	       '.data : { *(.data) } }');
refused('a shared object', qr/ET_EXEC/, ".data\n.quad linux_entry\n",
	ld => '-shared --emit-relocs');
refused('an absolute symbol in the image', qr/absolute symbol with an address/,
	".data\n.quad fixed\n", ld => '--emit-relocs --defsym=fixed=0x10100000');

# Truncated and damaged files: an error, never a crash.
sub slurp {
	open(my $f, '<:raw', $_[0]) or die;
	local $/;
	return <$f>;
}

sub spew {
	open(my $f, '>:raw', $_[0]) or die;
	print $f $_[1];
	close($f);
}

my %input = (nt => slurp("$build/nt.sys"), elf => slurp("$build/payload"));
my ($crashes, $accepted) = (0, 0);
srand(20);
for my $which ('nt', 'elf') {
	for my $n (1 .. 150) {
		my %file = %input;
		my $size = length($file{$which});
		if ($n <= 40) {
			$file{$which} = substr($file{$which}, 0,
					       int($size * $n / 41));
		} else {
			my $room = $n < 100 ? 1024 : $size;
			my $at = $n % 2 ? int(rand($room)) :
					  $size - 1 - int(rand($room));
			substr($file{$which}, $_, 1) = chr(int(rand(256)))
				for grep { $_ < $size } $at .. $at + 3;
		}
		spew("$temp/nt", $file{nt});
		spew("$temp/elf", $file{elf});
		my $s = system("$build/mkdriver $temp/nt $temp/elf $temp/o.sys " .
			       ">/dev/null 2>&1");
		$crashes++ if ($s & 127) || $s >> 8 > 1;
		$accepted++ if $n <= 40 && $which eq 'elf' && !$s;
	}
}
is($crashes, 0, 'damaged files do not crash it');
is($accepted, 0, 'truncated files are refused');
is((sh("$build/mkdriver"))[0], 2, 'usage');
is((sh("$build/mkdriver /nonexistent $build/payload $temp/o.sys"))[0], 1,
   'no such file');

my $start = time;
($status, $output) = mkdriver(".data\n.rept 1000000\n.quad linux_entry\n" .
			      ".quad 0\n.endr\n.bss\n.skip 60000000\n");
ok($status == 0 && $output =~ /\b10000\d\d base relocations/,
   'a million relocations') or diag($output);
note(sprintf('assembled, linked and made in %.1f s', time - $start));
$start = time;
sh("cd $temp && $build/mkdriver $build/nt.sys x x.sys");
ok(time - $start < 5, 'fast enough');
note(sprintf('made in %.2f s', time - $start));
is((sh("$build/peload --check $temp/x.sys"))[0], 0, 'all of them in order');

done_testing();
