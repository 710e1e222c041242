/** Keeps a page's WebRTC connections within a test's reach. */

declare global {
  interface Window {
    /** Every one that the page has made, in order; there when {@link keepConnections} ran before the page. */
    connections: RTCPeerConnection[];
  }
}

/** Runs in the page before all of its own. */
export function keepConnections(): void {
  const all: RTCPeerConnection[] = [];
  window.connections = all;
  const Original = RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      all.push(this);
    }
  };
}
