<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Change</name>
    <message>
        <source>%1 wins over these settings; %2</source>
        <translation>%1 setzt sich gegen diese Einstellungen durch; %2</translation>
    </message>
    <message>
        <source>%1 does not do what it looks like; %2</source>
        <translation>%1 tut nicht, wonach es aussieht; %2</translation>
    </message>
</context>
<context>
    <name>Command</name>
    <message>
        <source>Nothing was changed: the permission was not given</source>
        <translation>Nichts wurde geändert: die Berechtigung wurde nicht erteilt</translation>
    </message>
    <message>
        <source>%1 gave no answer</source>
        <translation>%1 hat nicht geantwortet</translation>
    </message>
    <message>
        <source>its exit status is %1</source>
        <translation>sein Rückgabewert ist %1</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>%1 cannot be run</source>
        <translation>%1 kann nicht ausgeführt werden</translation>
    </message>
    <message>
        <source>is the package installed?</source>
        <translation>ist das Paket installiert?</translation>
    </message>
</context>
<context>
    <name>CrashReport</name>
    <message>
        <source>GPU memory fault</source>
        <translation>GPU-Speicherfehler</translation>
    </message>
    <message>
        <source>GPU hang</source>
        <translation>GPU hängt</translation>
    </message>
    <message>
        <source>Crash</source>
        <translation>Absturz</translation>
    </message>
    <message>
        <source>%1 (%2; %3: %4)
  try: %5
  check: %6</source>
        <translation>%1 (%2; %3: %4)
  versuchen: %5
  prüfen: %6</translation>
    </message>
    <message>
        <source>no mitigation</source>
        <translation>keiner Gegenmaßnahme</translation>
    </message>
    <message>
        <source>Started again, with %1.</source>
        <translation>Erneut gestartet, mit %1.</translation>
    </message>
    <message>
        <source>Not started again: %1.</source>
        <translation>Nicht erneut gestartet: %1.</translation>
    </message>
    <message>
        <source>Not started again: no retries were asked for.</source>
        <translation>Nicht erneut gestartet: es waren keine Versuche verlangt.</translation>
    </message>
    <message>
        <source>The program was not supervised.</source>
        <translation>Das Programm wurde nicht überwacht.</translation>
    </message>
    <message>
        <source>Attempt %1, with %2.</source>
        <translation>Versuch %1, mit %2.</translation>
    </message>
    <message>
        <source>Not a report</source>
        <translation>Kein Bericht</translation>
    </message>
    <message>
        <source>Program: %1</source>
        <translation>Programm: %1</translation>
    </message>
    <message>
        <source>Where: %1</source>
        <translation>Wo: %1</translation>
    </message>
    <message>
        <source>Processes that reported it: %1</source>
        <translation>Prozesse, die ihn gemeldet haben: %1</translation>
    </message>
    <message>
        <source>Cause: not determined.</source>
        <translation>Ursache: nicht bestimmt.</translation>
    </message>
    <message>
        <source>Possible causes:</source>
        <translation>Mögliche Ursachen:</translation>
    </message>
    <message>
        <source>What was tried: %1</source>
        <translation>Was versucht wurde: %1</translation>
    </message>
    <message>
        <source>What it goes by:</source>
        <translation>Worauf sich das stützt:</translation>
    </message>
    <message>
        <source>File: %1</source>
        <translation>Datei: %1</translation>
    </message>
</context>
<context>
    <name>Examination</name>
    <message>
        <source>an unknown amount of memory</source>
        <translation>unbekannt viel Speicher</translation>
    </message>
    <message>
        <source>The driver amdgpu is not loaded.</source>
        <translation>Der Treiber amdgpu ist nicht geladen.</translation>
    </message>
    <message>
        <source>Stock driver; rocmfix's livepatch is in force.</source>
        <translation>Originaltreiber; der Livepatch von rocmfix ist in Kraft.</translation>
    </message>
    <message>
        <source>rocmfix's driver is in force.</source>
        <translation>Der Treiber von rocmfix ist in Kraft.</translation>
    </message>
    <message>
        <source>Stock driver; rocmfix's is installed, and not in force.</source>
        <translation>Originaltreiber; der von rocmfix ist installiert und nicht in Kraft.</translation>
    </message>
    <message>
        <source>Stock driver.</source>
        <translation>Originaltreiber.</translation>
    </message>
    <message>
        <source>AMD GPU</source>
        <translation>AMD-GPU</translation>
    </message>
    <message>
        <source>unknown target</source>
        <translation>unbekanntes Ziel</translation>
    </message>
    <message>
        <source>%1 (%2), %3, at %4</source>
        <translation>%1 (%2), %3, an %4</translation>
    </message>
    <message>
        <source>Not of the RX 5000 or RX 6000 series: rocmfix leaves it alone.</source>
        <translation>Nicht aus den Serien RX 5000 und RX 6000: rocmfix lässt sie in Ruhe.</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>In Ordnung</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>Warnung</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
    <message>
        <source>Unknown</source>
        <translation>Unbekannt</translation>
    </message>
    <message numerus="yes">
        <source>%n problem(s)</source>
        <translation>
            <numerusform>%n Problem</numerusform>
            <numerusform>%n Probleme</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation>
            <numerusform>%n Warnung</numerusform>
            <numerusform>%n Warnungen</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing was found that is known to go wrong.</source>
        <translation>Es wurde nichts gefunden, wovon bekannt ist, dass es schiefgeht.</translation>
    </message>
    <message>
        <source>No card of the RX 5000 or RX 6000 series was found: there is nothing to do.</source>
        <translation>Es wurde keine Karte der Serien RX 5000 und RX 6000 gefunden: es ist nichts zu tun.</translation>
    </message>
    <message>
        <source>There is no AMD GPU in this machine.</source>
        <translation>In diesem Rechner ist keine AMD-GPU.</translation>
    </message>
</context>
<context>
    <name>Launch</name>
    <message>
        <source>the program</source>
        <translation>das Programm</translation>
    </message>
    <message>
        <source>set: </source>
        <translation>gesetzt: </translation>
    </message>
    <message>
        <source>kept as you set it: </source>
        <translation>bleibt, wie Sie sie gesetzt haben: </translation>
    </message>
    <message>
        <source>warning: </source>
        <translation>Warnung: </translation>
    </message>
    <message>
        <source>not set: </source>
        <translation>nicht gesetzt: </translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::BusyBar</name>
    <message>
        <source>&amp;Cancel</source>
        <translation>Abbre&amp;chen</translation>
    </message>
    <message>
        <source>Look a&amp;gain</source>
        <translation>&amp;Neu lesen</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::Changer</name>
    <message>
        <source>The livepatch is in force.</source>
        <translation>Der Livepatch ist in Kraft.</translation>
    </message>
    <message>
        <source>The livepatch is off.</source>
        <translation>Der Livepatch ist aus.</translation>
    </message>
    <message>
        <source>Nothing had to be changed.</source>
        <translation>Es war nichts zu ändern.</translation>
    </message>
    <message>
        <source>%1 was removed.</source>
        <translation>%1 wurde entfernt.</translation>
    </message>
    <message>
        <source>%1 was written.</source>
        <translation>%1 wurde geschrieben.</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::CrashReportModel</name>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::LiveView</name>
    <message>
        <source>VRAM in use: %1 MiB</source>
        <translation>VRAM belegt: %1 MiB</translation>
    </message>
    <message>
        <source>GPU use: %1 %</source>
        <translation>GPU-Auslastung: %1 %</translation>
    </message>
    <message>
        <source>temperature: %1 °C</source>
        <translation>Temperatur: %1 °C</translation>
    </message>
    <message>
        <source>power: %1 W</source>
        <translation>Leistung: %1 W</translation>
    </message>
    <message>
        <source>The card shows no sensors; it may be asleep, and is not woken for this.</source>
        <translation>Die Karte zeigt keine Messwerte; vielleicht schläft sie, und dafür wird sie nicht geweckt.</translation>
    </message>
    <message>
        <source>Runs under way</source>
        <translation>Laufende Programme</translation>
    </message>
    <message>
        <source>Process</source>
        <translation>Prozess</translation>
    </message>
    <message>
        <source>Attempt</source>
        <translation>Versuch</translation>
    </message>
    <message>
        <source>Mitigations</source>
        <translation>Gegenmaßnahmen</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>Gesichert</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>How often the program has said that it saved its progress (rocmfix.alive)</source>
        <translation>Wie oft das Programm gemeldet hat, dass es seinen Fortschritt gesichert hat (rocmfix.alive)</translation>
    </message>
    <message>
        <source>Card</source>
        <translation>Karte</translation>
    </message>
    <message>
        <source>There is no supported card here.</source>
        <translation>Hier ist keine unterstützte Karte.</translation>
    </message>
    <message>
        <source>Nothing runs under rocmfix-run now.</source>
        <translation>Zurzeit läuft nichts unter rocmfix-run.</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::MainWindow</name>
    <message>
        <source>What is wrong with ROCm on this Radeon, and what helps.</source>
        <translation>Was mit ROCm auf dieser Radeon nicht stimmt, und was hilft.</translation>
    </message>
    <message>
        <source>Show the machine whose root directory is DIR, or that made the report FILE.</source>
        <translation>Den Rechner zeigen, dessen Wurzelverzeichnis DIR ist, oder von dem der Bericht FILE stammt.</translation>
    </message>
    <message>
        <source>Begin with this page.</source>
        <translation>Mit dieser Seite beginnen.</translation>
    </message>
    <message>
        <source>unexpected argument '%1'</source>
        <translation>unerwartetes Argument »%1«</translation>
    </message>
    <message>
        <source>there is no page '%1': there are %2</source>
        <translation>es gibt keine Seite »%1«: es gibt %2</translation>
    </message>
    <message>
        <source>A reboot is needed before the changes take effect.</source>
        <translation>Die Änderungen wirken erst nach einem Neustart.</translation>
    </message>
    <message>
        <source>O&amp;verview</source>
        <translation>Ü&amp;bersicht</translation>
    </message>
    <message>
        <source>&amp;Settings</source>
        <translation>&amp;Einstellungen</translation>
    </message>
    <message>
        <source>&amp;Runs</source>
        <translation>&amp;Läufe</translation>
    </message>
    <message>
        <source>S&amp;tart a run</source>
        <translation>Lauf s&amp;tarten</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>A program that was started here still runs. End it?</source>
        <translation>Ein Programm, das hier gestartet wurde, läuft noch. Beenden?</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::OverviewPage</name>
    <message>
        <source>Found in:</source>
        <translation>Gefunden in:</translation>
    </message>
    <message>
        <source>How this is known: %1</source>
        <translation>Woher das bekannt ist: %1</translation>
    </message>
    <message>
        <source>The doctor examines this machine…</source>
        <translation>Der Rechner wird untersucht…</translation>
    </message>
    <message>
        <source>What the doctor found</source>
        <translation>Was gefunden wurde</translation>
    </message>
    <message>
        <source>Choose a finding to see what it means and what helps.</source>
        <translation>Wählen Sie einen Befund, um zu sehen, was er bedeutet und was hilft.</translation>
    </message>
    <message>
        <source>Command that helps</source>
        <translation>Befehl, der hilft</translation>
    </message>
    <message>
        <source>C&amp;opy</source>
        <translation>K&amp;opieren</translation>
    </message>
    <message>
        <source>Copies the command</source>
        <translation>Kopiert den Befehl</translation>
    </message>
    <message>
        <source>&amp;Fix…</source>
        <translation>Be&amp;heben…</translation>
    </message>
    <message>
        <source>Fix</source>
        <translation>Beheben</translation>
    </message>
    <message>
        <source>Write %1?</source>
        <translation>%1 schreiben?</translation>
    </message>
    <message>
        <source>“Undo” on the page Settings restores what is there now. It takes effect at the next boot.</source>
        <translation>„Rückgängig“ auf der Seite Einstellungen stellt wieder her, was jetzt da ist. Es wirkt ab dem nächsten Start.</translation>
    </message>
    <message>
        <source>What the finding means and what helps</source>
        <translation>Was der Befund bedeutet und was hilft</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::PlanModel</name>
    <message>
        <source>Setting</source>
        <translation>Einstellung</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
    <message>
        <source>Configured</source>
        <translation>Eingestellt</translation>
    </message>
    <message>
        <source>Proposed</source>
        <translation>Vorschlag</translation>
    </message>
    <message>
        <source>Effect</source>
        <translation>Wirkung</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Grund</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::ReportDialog</name>
    <message>
        <source>All that would be in the report</source>
        <translation>Alles, was im Bericht wäre</translation>
    </message>
    <message>
        <source>Collecting what a report would have…</source>
        <translation>Was in einem Bericht wäre, wird gesammelt…</translation>
    </message>
    <message>
        <source>Report for a bug</source>
        <translation>Fehlerbericht</translation>
    </message>
    <message>
        <source>Names of people and of the machine, serial numbers, addresses, passwords and tokens are replaced where rocmfix recognises them. Please look through it before you give it to others. Nothing is sent anywhere.</source>
        <translation>Namen von Personen und des Rechners, Seriennummern, Adressen, Passwörter und Token werden ersetzt, wo rocmfix sie erkennt. Bitte sehen Sie ihn durch, bevor Sie ihn weitergeben. Nichts wird irgendwohin gesendet.</translation>
    </message>
    <message>
        <source>&amp;Save…</source>
        <translation>&amp;Speichern…</translation>
    </message>
    <message>
        <source>This would be in it.</source>
        <translation>Das wäre darin.</translation>
    </message>
    <message>
        <source>There is no preview.</source>
        <translation>Es gibt keine Vorschau.</translation>
    </message>
    <message>
        <source>Save the report</source>
        <translation>Bericht speichern</translation>
    </message>
    <message>
        <source>Reports (*.tar.zst)</source>
        <translation>Berichte (*.tar.zst)</translation>
    </message>
    <message>
        <source>Writing %1…</source>
        <translation>%1 wird geschrieben…</translation>
    </message>
    <message>
        <source>Wrote %1</source>
        <translation>%1 wurde geschrieben</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::RunsPage</name>
    <message>
        <source>&amp;Crash reports</source>
        <translation>Abst&amp;urzberichte</translation>
    </message>
    <message>
        <source>&amp;Live</source>
        <translation>&amp;Jetzt</translation>
    </message>
    <message>
        <source>Crash reports, the newest first</source>
        <translation>Absturzberichte, der neueste zuerst</translation>
    </message>
    <message>
        <source>The chosen report</source>
        <translation>Der gewählte Bericht</translation>
    </message>
    <message>
        <source>C&amp;opy</source>
        <translation>K&amp;opieren</translation>
    </message>
    <message>
        <source>There are no crash reports. rocmfix-run writes one for each GPU fault of a program that it supervises.</source>
        <translation>Es gibt keine Absturzberichte. rocmfix-run schreibt einen für jeden GPU-Fehler eines Programms, das es überwacht.</translation>
    </message>
    <message>
        <source>Report for a &amp;bug…</source>
        <translation>&amp;Fehlerbericht…</translation>
    </message>
    <message>
        <source>Crash reports, or what runs now</source>
        <translation>Absturzberichte, oder was jetzt läuft</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::SensorChart</name>
    <message>
        <source>Sensors of the card over the last five minutes</source>
        <translation>Messwerte der Karte in den letzten fünf Minuten</translation>
    </message>
    <message>
        <source>%, °C</source>
        <translation>%, °C</translation>
    </message>
    <message>
        <source>W</source>
        <translation>W</translation>
    </message>
    <message>
        <source>GPU use (%)</source>
        <translation>GPU-Auslastung (%)</translation>
    </message>
    <message>
        <source>VRAM (%)</source>
        <translation>VRAM (%)</translation>
    </message>
    <message>
        <source>Temperature (°C)</source>
        <translation>Temperatur (°C)</translation>
    </message>
    <message>
        <source>Power (W)</source>
        <translation>Leistung (W)</translation>
    </message>
    <message>
        <source>Fault</source>
        <translation>Fehler</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::SettingsPage</name>
    <message>
        <source>Reading the settings…</source>
        <translation>Die Einstellungen werden gelesen…</translation>
    </message>
    <message>
        <source>safe: settings known to be correct</source>
        <translation>safe: bekanntermaßen richtige Einstellungen</translation>
    </message>
    <message>
        <source>original: the values of the original fix</source>
        <translation>original: die Werte der ursprünglichen Lösung</translation>
    </message>
    <message>
        <source>&amp;Profile:</source>
        <translation>&amp;Profil:</translation>
    </message>
    <message>
        <source>&amp;Livepatch</source>
        <translation>Li&amp;vepatch</translation>
    </message>
    <message>
        <source>rocmfix's changes in the running driver, until the next boot</source>
        <translation>Die Änderungen von rocmfix im laufenden Treiber, bis zum nächsten Start</translation>
    </message>
    <message>
        <source>Settings: now, configured, proposed</source>
        <translation>Einstellungen: jetzt, eingestellt, Vorschlag</translation>
    </message>
    <message>
        <source>The file that Apply would write</source>
        <translation>Die Datei, die Anwenden schreiben würde</translation>
    </message>
    <message>
        <source>Apply &amp;would write:</source>
        <translation>An&amp;wenden würde schreiben:</translation>
    </message>
    <message>
        <source>&amp;Apply</source>
        <translation>&amp;Anwenden</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>Restores the settings from before Apply</source>
        <translation>Stellt die Einstellungen von vor Anwenden wieder her</translation>
    </message>
    <message>
        <source>There is no supported card here: nothing to set.</source>
        <translation>Hier ist keine unterstützte Karte: es ist nichts einzustellen.</translation>
    </message>
    <message>
        <source>A parameter of the driver that is ticked is written by Apply. Variables are set by rocmfix-run, for the program that it starts.</source>
        <translation>Anwenden schreibt die angekreuzten Parameter des Treibers. Variablen setzt rocmfix-run, für das Programm, das es startet.</translation>
    </message>
    <message>
        <source>%1 is as it should be: there is nothing to apply.</source>
        <translation>%1 ist, wie sie sein soll: es ist nichts anzuwenden.</translation>
    </message>
    <message>
        <source>The package rocmfix-livepatch-dkms is not installed.</source>
        <translation>Das Paket rocmfix-livepatch-dkms ist nicht installiert.</translation>
    </message>
    <message>
        <source>One that runs on the GPU: %1</source>
        <translation>Eines, das auf der GPU läuft: %1</translation>
    </message>
</context>
<context>
    <name>rocmfix::gui::StartPage</name>
    <message>
        <source>Environment of the program</source>
        <translation>Umgebung des Programms</translation>
    </message>
    <message>
        <source>Variable</source>
        <translation>Variable</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
    <message>
        <source>Output of the program</source>
        <translation>Ausgabe des Programms</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>the card of this machine</source>
        <translation>die Karte dieses Rechners</translation>
    </message>
    <message>
        <source>&amp;Program:</source>
        <translation>&amp;Programm:</translation>
    </message>
    <message>
        <source>&amp;Folder:</source>
        <translation>&amp;Ordner:</translation>
    </message>
    <message>
        <source>&amp;Attempts after a GPU fault:</source>
        <translation>&amp;Versuche nach einem GPU-Fehler:</translation>
    </message>
    <message>
        <source>Car&amp;d:</source>
        <translation>&amp;Karte:</translation>
    </message>
    <message>
        <source>Start &amp;here</source>
        <translation>Hier &amp;starten</translation>
    </message>
    <message>
        <source>It cannot be started: %1</source>
        <translation>Es kann nicht gestartet werden: %1</translation>
    </message>
    <message>
        <source>simulated %1</source>
        <translation>simulierte %1</translation>
    </message>
    <message>
        <source>Nothing would be set.</source>
        <translation>Es würde nichts gesetzt.</translation>
    </message>
    <message>
        <source>It runs.</source>
        <translation>Es läuft.</translation>
    </message>
    <message>
        <source>There is no terminal: install xterm, for example.</source>
        <translation>Es gibt kein Terminal: installieren Sie zum Beispiel xterm.</translation>
    </message>
    <message>
        <source>Started in a terminal.</source>
        <translation>In einem Terminal gestartet.</translation>
    </message>
    <message>
        <source>The terminal cannot be started.</source>
        <translation>Das Terminal kann nicht gestartet werden.</translation>
    </message>
    <message>
        <source>It has ended with status %1.</source>
        <translation>Es hat mit dem Rückgabewert %1 geendet.</translation>
    </message>
    <message>
        <source>It was ended by a signal.</source>
        <translation>Es wurde durch ein Signal beendet.</translation>
    </message>
    <message>
        <source>Choos&amp;e…</source>
        <translation>Wä&amp;hlen…</translation>
    </message>
    <message>
        <source>Start in a ter&amp;minal</source>
        <translation>Im Ter&amp;minal starten</translation>
    </message>
    <message>
        <source>St&amp;op</source>
        <translation>Been&amp;den</translation>
    </message>
</context>
</TS>
