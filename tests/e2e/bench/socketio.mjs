// The room of `bench-room` with socket.io instead: the same number of people, messages and bytes, over WebSocket.
// Prints one JSON object. Called with `serve` it is the server, a process of its own as the relay is.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const LEAVES = 50;
const MESSAGES_PER_SECOND = 200;
const MESSAGE_BYTES = 200;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 10_000;
const PATIENCE_MS = 5_000;
/** Kernel clock ticks per second of CPU time. */
const TICKS_PER_SECOND = 100;

const serve = async () => {
  const { createServer } = await import("node:http");
  const { Server } = await import("socket.io");
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
  io.on("connection", (socket) => {
    socket.join("room");
    socket.on("message", (message) => socket.to("room").emit("message", message));
  });
  http.listen(0, "127.0.0.1", () => console.log(http.address().port));
};

const cpuTicks = (process) => {
  const fields = readFileSync(`/proc/${process}/stat`, "utf8").split(") ").at(-1).split(" ");
  return Number(fields[11]) + Number(fields[12]);
};

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const nowMs = () => performance.timeOrigin + performance.now();

const measure = async () => {
  const { io } = await import("socket.io-client");
  const server = spawn(process.execPath, [import.meta.filename, "serve"], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((resolve) => server.stdout.once("data", (data) => resolve(Number(data))));
  const latencies = [];
  const sockets = await Promise.all(
    Array.from({ length: LEAVES }, async () => {
      const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
      socket.on("message", (message) => {
        if (message.readUInt8(0) === 1) latencies.push(nowMs() - message.readDoubleBE(1));
      });
      await new Promise((resolve) => socket.once("connect", resolve));
      return socket;
    }),
  );
  const period = (1_000 * LEAVES) / MESSAGES_PER_SECOND;
  const started = nowMs();
  let measuring = false;
  const say = (socket) => {
    const message = Buffer.alloc(MESSAGE_BYTES);
    message.writeUInt8(measuring ? 1 : 0, 0);
    message.writeDoubleBE(nowMs(), 1);
    socket.emit("message", message);
    if (measuring) said += 1;
  };
  let said = 0;
  const timers = sockets.map((socket, index) => {
    const speak = { timer: 0, next: started + (period * index) / LEAVES };
    const turn = () => {
      say(socket);
      speak.next += period;
      speak.timer = setTimeout(turn, speak.next - nowMs());
    };
    speak.timer = setTimeout(turn, speak.next - nowMs());
    return speak;
  });
  await wait(WARM_UP_MS);
  measuring = true;
  const before = cpuTicks(server.pid);
  await wait(MEASURED_MS);
  measuring = false;
  const ticks = cpuTicks(server.pid) - before;
  timers.forEach((speak) => clearTimeout(speak.timer));
  await wait(PATIENCE_MS);
  sockets.forEach((socket) => socket.close());
  server.kill();
  const expected = said * (LEAVES - 1);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    lost: expected - latencies.length,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    cpu_us_per_delivery: (ticks * 1e6) / TICKS_PER_SECOND / expected,
  };
};

if (process.argv[2] === "serve") await serve();
else console.log(JSON.stringify(await measure()));
