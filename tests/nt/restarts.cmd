@echo off
rem Starts and stops the service, %1 times.
for /l %%i in (1,1,%1) do (
	sc start linux >nul || echo start %%i failed
	wsl4 true || echo run %%i failed
	sc stop linux >nul || echo stop %%i failed
)
