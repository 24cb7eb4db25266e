// An offer is heard, and seen when the page is not.
export function alarm(words: string): void {
  beep();
  if (!document.hidden || mayNotify() !== "granted") return;
  const shown = new Notification(words, { tag: "baton-offer" });
  shown.onclick = () => {
    focus();
    shown.close();
  };
}

export function mayNotify(): NotificationPermission {
  return typeof Notification === "undefined" ? "denied" : Notification.permission;
}

export function wantNotify(): Promise<NotificationPermission> {
  return Notification.requestPermission();
}

// Two short tones. Browsers are silent until somebody has touched the page.
function beep(): void {
  const audio = new AudioContext();
  const gain = audio.createGain();
  gain.gain.value = 0.08;
  gain.connect(audio.destination);
  [660, 880].forEach((hertz, i) => {
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start(audio.currentTime + i * 0.18);
    tone.stop(audio.currentTime + i * 0.18 + 0.14);
  });
  setTimeout(() => void audio.close(), 600);
}
