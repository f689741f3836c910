// A browser gives no worker to a page that it reads from the disk. There the search runs in a hidden frame instead.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.ready = new Promise((start) => {
        const frame = Object.assign(document.createElement("iframe"), { hidden: true, title: "Search" });
        document.body.append(frame);
        const script = Object.assign(frame.contentDocument.createElement("script"), { src: address });
        script.onload = () => start(frame.contentWindow);
        frame.contentWindow.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
        frame.contentDocument.body.append(script);
      });
    }
    postMessage(data) {
      this.ready.then((inside) => inside.dispatchEvent(new inside.MessageEvent("message", { data })));
    }
  };
