#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# KUnit's results out of a kernel log.
#
# usage: kunit.pl [LOG]			prints SUITE.TEST RESULT, sorted
#        kunit.pl -r REFERENCE LOG	prints what differs, fails if something does
#
# RESULT is ok, fail or skip. A line of the reference is
#
#	SUITE.TEST STOCK [OURS REASON...]
#
# where OURS is what this port gives when that is not what the stock kernel
# gave, and the reason why.

use strict;
use warnings;

my $reference;
if (@ARGV && $ARGV[0] eq '-r') {
	shift;
	$reference = shift // die "$0: -r wants a file\n";
}

my %got;
my $suite;
while (my $line = <>) {
	$line =~ s/\r?\n\z//;
	$line =~ s/^\[ *\d+\.\d+\] //;
	if ($line =~ /^    # Subtest: (\S+)$/) {
		$suite = $1;
	} elsif ($line =~ /^    (not )?ok \d+ (\S+)(.*)$/ && defined $suite) {
		my ($not, $test, $rest) = ($1, $2, $3);
		$got{"$suite.$test"} = $rest =~ /# SKIP/ ? 'skip' :
				       $not ? 'fail' : 'ok';
	} elsif ($line =~ /^(not )?ok \d+ (\S+)/) {
		# A suite's own line says no more, unless it ran no test.
		my ($not, $name) = ($1, $2);
		$got{$name} = 'fail'
			if $not && !grep { /^\Q$name\E\./ } keys %got;
		undef $suite;
	}
}

if (!defined $reference) {
	print "$_ $got{$_}\n" for sort keys %got;
	exit !%got;
}

my $differ = 0;
sub differs {
	print "@_\n";
	$differ = 1;
}

open(my $file, '<', $reference) or die "$reference: $!\n";
my %known;
while (my $line = <$file>) {
	next if $line =~ /^\s*(#|$)/;
	chomp $line;
	my ($test, $stock, $ours, $reason) = split(' ', $line, 4);
	differs("$test: a difference without a reason")
		if defined $ours && !defined $reason;
	my $wanted = $ours // $stock;
	$known{$test} = 1;
	if (!exists $got{$test}) {
		differs("$test: did not run") if $wanted ne 'absent';
	} elsif ($got{$test} ne $wanted) {
		differs("$test: $got{$test}, not $wanted");
	}
}
differs("$_: $got{$_}, not in the reference") for grep { !$known{$_} } sort keys %got;
exit $differ;
