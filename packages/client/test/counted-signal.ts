/** A signal that knows how many listen to it. */
export function countedSignal(): { readonly signal: AbortSignal; readonly listeners: () => number } {
  const { signal } = new AbortController();
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: () => void) => {
    count += 1;
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: () => void) => {
    count -= 1;
    remove(type, listener);
  };
  return { signal, listeners: () => count };
}
