@echo off
rem (Not "copy.cmd": that is the command copy.) NT at work beside Linux, on the disk %1, until Linux's own work is over.
title NT
:again
if exist %1\out\stress.code exit
copy /y %SystemRoot%\system32\shell32.dll %1\out\a.tmp >nul
copy /y %1\out\a.tmp %1\out\b.tmp >nul
if errorlevel 1 echo copy failed >>%1\out\copy.err
sc query >nul
dir /s %SystemRoot%\system32 >nul
echo . >>%1\out\copy.out
goto again
