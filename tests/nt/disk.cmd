@echo off
rem disk.cmd WORD AT [NEW [COUNT]]: those parts of the list "disk" that are more than a line. AT is the disk with \out, NEW the new one.
goto %1

:partition
echo select disk 1 >%2\out\part.txt
echo create partition primary >>%2\out\part.txt
echo list partition >>%2\out\part.txt
echo exit >>%2\out\part.txt
diskpart /s %2\out\part.txt
exit /b %ERRORLEVEL%

rem A letter that was not there before.
:letter
set tries=0
set found=
:again
reg query HKLM\SYSTEM\MountedDevices >%2\out\now.txt
for %%d in (D E F G H I J K) do call :is_new %2 %%d
if not "%found%"=="" goto found
set /a tries+=1
if %tries% == 30 exit /b 1
wsl4 sleep 2
goto again
:found
echo %found%
exit /b 0

:is_new
find "DosDevices\%2:" <%1\out\before.out >nul
if not errorlevel 1 goto :eof
find "DosDevices\%2:" <%1\out\now.txt >nul
if errorlevel 1 goto :eof
set found=%2:
goto :eof

rem What NT takes its disks for.
:size
echo list disk >%2\out\size.txt
echo exit >>%2\out\size.txt
diskpart /s %2\out\size.txt
exit /b %ERRORLEVEL%

rem Copies of a file until there is no room; then there is again.
:fill
set n=0
:more
wsl4 cat <%2\out\source.out >%3\fill%n%.bin || goto full
set /a n+=1
if not %n% == 40 goto more
:full
echo %n% copies
del /q %3\fill*.bin
exit /b 0

rem As many copies of it as the next word says, of which the last four stay.
:copies
set n=0
set slot=0
:one
wsl4 cat <%2\out\source.out >%3\copy%slot%.bin || goto failed
set /a n+=1
set /a slot+=1
if %slot% == 4 set slot=0
if not %n% == %4 goto one
:failed
echo copied %n%
exit /b 0

rem As many copies of one of them by NT's own copy, through its cache, of which four stay.
:flood
set n=0
set slot=0
:wave
copy /y %3\copy0.bin %3\flood%slot%.bin >nul || goto ebb
set /a n+=1
set /a slot+=1
if %slot% == 4 set slot=0
if not %n% == %4 goto wave
:ebb
echo flooded %n%
exit /b 0
