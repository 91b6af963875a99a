# SPDX-License-Identifier: GPL-2.0
#
# A Windows evaluation CD instead of a ReactOS one: sourced by media, which has die(),
# $iso, $program, $out and $log. Windows is installed unattended from the CD and
# answers on a second one; the second also has the driver, signed by a certificate
# that is made for this test. Never tried: no such CD was at hand. What is known of
# the answer file is Microsoft's documentation (Unattended Windows Setup Reference).

windows_cd()
{
	xorriso -indev "$1" -find /sources -maxdepth 1 -name 'install.*' \
		2>/dev/null | grep -qE 'install\.(wim|esd)'
}

windows_sign()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=linux.sys test' \
		-addext extendedKeyUsage=codeSigning \
		-keyout "$out/key.pem" -out "$out/cert.pem" >>"$log" 2>&1 &&
		openssl x509 -in "$out/cert.pem" -outform DER -out "$tree/test.cer" &&
		osslsigncode sign -certs "$out/cert.pem" -key "$out/key.pem" -h sha256 \
			-n linux.sys -in "$DRIVER" -out "$tree/linux.sys" \
			>>"$log" 2>&1 ||
		die 'linux.sys was not signed'
	rm -f "$out/key.pem"
}

# component NAME: its settings are standard input
component()
{
	printf '<component name="Microsoft-Windows-%s" processorArchitecture="amd64"' "$1"
	printf ' publicKeyToken="31bf3856ad364e35" language="neutral"'
	printf ' versionScope="nonSxS">\n'
	cat
	printf '</component>\n'
}

# Windows 11 asks for a TPM and Secure Boot, which this machine has not.
windows_answers()
{
	cat <<-'END'
	<?xml version="1.0" encoding="utf-8"?>
	<unattend xmlns="urn:schemas-microsoft-com:unattend"
	 xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State">
	<settings pass="windowsPE">
	END
	component International-Core-WinPE <<-'END'
	<SetupUILanguage><UILanguage>en-US</UILanguage></SetupUILanguage>
	<InputLocale>en-US</InputLocale><SystemLocale>en-US</SystemLocale>
	<UILanguage>en-US</UILanguage><UserLocale>en-US</UserLocale>
	END
	component Setup <<-'END'
	<RunSynchronous>
	<RunSynchronousCommand wcm:action="add"><Order>1</Order>
	<Path>reg add HKLM\SYSTEM\Setup\LabConfig /v BypassTPMCheck /t REG_DWORD /d 1</Path>
	</RunSynchronousCommand>
	<RunSynchronousCommand wcm:action="add"><Order>2</Order>
	<Path>reg add HKLM\SYSTEM\Setup\LabConfig /v BypassSecureBootCheck /t REG_DWORD /d 1</Path>
	</RunSynchronousCommand>
	</RunSynchronous>
	<DiskConfiguration><Disk wcm:action="add"><DiskID>0</DiskID>
	<WillWipeDisk>true</WillWipeDisk>
	<CreatePartitions><CreatePartition wcm:action="add"><Order>1</Order>
	<Type>Primary</Type><Extend>true</Extend></CreatePartition></CreatePartitions>
	<ModifyPartitions><ModifyPartition wcm:action="add"><Order>1</Order>
	<PartitionID>1</PartitionID><Format>NTFS</Format><Active>true</Active>
	</ModifyPartition></ModifyPartitions></Disk></DiskConfiguration>
	<ImageInstall><OSImage><InstallTo><DiskID>0</DiskID><PartitionID>1</PartitionID>
	</InstallTo><InstallFrom><MetaData wcm:action="add"><Key>/IMAGE/INDEX</Key>
	<Value>1</Value></MetaData></InstallFrom></OSImage></ImageInstall>
	<UserData><AcceptEula>true</AcceptEula></UserData>
	END
	printf '</settings>\n<settings pass="oobeSystem">\n'
	component Shell-Setup <<-'END'
	<OOBE><HideEULAPage>true</HideEULAPage>
	<HideOnlineAccountScreens>true</HideOnlineAccountScreens>
	<HideWirelessSetupInOOBE>true</HideWirelessSetupInOOBE>
	<ProtectYourPC>3</ProtectYourPC></OOBE>
	<UserAccounts><AdministratorPassword><Value>test</Value>
	<PlainText>true</PlainText></AdministratorPassword></UserAccounts>
	<AutoLogon><Username>Administrator</Username><Enabled>true</Enabled>
	<LogonCount>5</LogonCount><Password><Value>test</Value>
	<PlainText>true</PlainText></Password></AutoLogon>
	<FirstLogonCommands><SynchronousCommand wcm:action="add"><Order>1</Order>
	<CommandLine>cmd /c for %d in (D E F G H) do if exist %d:\install.cmd call %d:\install.cmd</CommandLine>
	</SynchronousCommand></FirstLogonCommands>
	END
	printf '</settings>\n</unattend>\n'
}

# Once, in the installed Windows; the tests run after the restart. DbgPrint does not
# reach the serial port without a debugger, so the tests' words are put there.
windows_install()
{
	cat <<-'END'
	@echo off
	set from=%~dp0
	bcdedit /set testsigning on
	certutil -addstore Root %from%test.cer
	certutil -addstore TrustedPublisher %from%test.cer
	reg add HKLM\SYSTEM\CurrentControlSet\Control\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity /v Enabled /t REG_DWORD /d 0 /f
	copy /y %from%linux.sys %SystemRoot%\system32\drivers
	for %%f in (%from%*.exe %from%*.cmd) do copy /y %%f %SystemRoot%\system32
	for %%d in (D E F G H) do if exist %%d:\linux\root.img set at=%%d:
	sc create linux type= kernel start= demand binPath= system32\drivers\linux.sys
	set key=HKLM\SYSTEM\CurrentControlSet\Services\linux\Parameters
	END
	printf 'reg add %%key%% /v MemoryMB /t REG_DWORD /d %s /f\n' "$MEMORY"
	printf 'reg add %%key%% /v CommandLine /t REG_SZ /d "%s" /f\n' "$COMMANDLINE"
	cat <<-'END'
	reg add %key% /v LogFile /t REG_SZ /d %at%\linux.log /f
	reg add %key% /v Disks /t REG_MULTI_SZ /d %at%\linux\root.img /f
	reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce /v check /d "cmd /k windows.cmd" /f
	shutdown /r /t 0
	END
}

windows_media()
{
	rm -rf "$tree"
	mkdir -p "$tree"
	windows_sign
	windows_answers >"$tree/autounattend.xml"
	windows_install | sed 's/$/\r/' >"$tree/install.cmd"
	printf 'mode com1 >nul\r\necho linux.sys at 0 >COM1\r\n' >"$tree/windows.cmd"
	printf 'call check.cmd\r\nwsl4 --dmesg >COM1\r\necho check: done >COM1\r\n' \
		>>"$tree/windows.cmd"
	cp "$BUILD/wsl4.exe" "$tree/"
	add_programs "$tree"
	genisoimage -quiet -J -r -V ANSWERS -o "$out/answers.iso" "$tree" >>"$log" 2>&1 ||
		die 'the CD with the answers was not made'
	ln -sfn "$(realpath "$iso")" "$out/boot.iso"
	truncate -s 40G "$out/system.img"
	# The installed disk first; it cannot be booted until it is.
	printf '%s\n' -accel kvm -accel tcg -m 4096 \
		-cpu qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+lahf_lm \
		-drive "file=$out/system.img,format=raw,if=ide,index=0" \
		-drive "file=$out/disk.img,format=raw,if=ide,index=1" \
		-drive "file=$out/answers.iso,media=cdrom,if=ide,index=3" \
		-boot once=d >"$out/options"
}
