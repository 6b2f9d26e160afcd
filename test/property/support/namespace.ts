import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import type { Runner } from 'portolan'

/** Network and mounts of our own, alive as long as a sleeping process. */
export interface Namespace extends Disposable {
  /** Never throws for what a program says: only when it cannot be started. */
  readonly run: (command: string, args: readonly string[], input?: string) => Finished
  readonly runner: Runner
  /** Its file system as seen from outside. */
  readonly root: string
}

export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** iptables-legacy locks a file in /run; a tmpfs there keeps it from waiting for the machine's own. */
const inside = 'mount -t tmpfs tmpfs /run && exec sleep 600'

const waitUntilReady = (child: ChildProcess): number => {
  const { pid } = child
  const own = readlinkSync('/proc/self/ns/net')
  for (let turn = 0; pid !== undefined && turn < 300; turn += 1) {
    const isApart = readlinkSync(`/proc/${pid}/ns/net`) !== own
    // The tmpfs is there once the shell has become `sleep`.
    if (isApart && readlinkSync(`/proc/${pid}/exe`).match(/sleep|coreutils|busybox/) !== null) return pid
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  }
  throw new Error('`unshare --net --mount` did not give a namespace: run the tests as root')
}

/** @throws where the machine does not allow it */
export const openNamespace = (): Namespace => {
  const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', inside], { stdio: 'ignore' })
  const pid = waitUntilReady(child)
  const run = (command: string, args: readonly string[], input = ''): Finished => {
    const enter = [`--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`, '--', command]
    const { status, stdout, stderr, error } = spawnSync('nsenter', [...enter, ...args], {
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    if (error !== undefined) throw error
    return { exitCode: status ?? -1, stdout, stderr }
  }
  return {
    run,
    root: `/proc/${pid}/root`,
    runner: { run: async (command, args, options) => run(command, args, options?.input) },
    [Symbol.dispose]: () => {
      child.kill('SIGKILL')
    },
  }
}

/** Runs a program and insists that it succeeds without a word of complaint. */
export const insist = (
  namespace: Namespace,
  command: string,
  args: readonly string[],
  input = '',
): string => {
  const { exitCode, stdout, stderr } = namespace.run(command, args, input)
  if (exitCode !== 0)
    throw new Error(`${command} ${args.join(' ')} exited with ${exitCode}: ${stderr}\n${input}`)
  return stdout
}
