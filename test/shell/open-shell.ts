import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The outcome of a program. */
export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * A shell that waits for programs to start, one after the other.
 *
 * fork(2) copies the starting process, and a jest worker has some hundred MiB. That takes twenty times what a shell
 * needs, and longer than most of the programs run (measured: 20 ms and 1 ms).
 */
export interface Shell extends Disposable {
  readonly pid: number
  /** Runs a program to its end. Throws only when the shell is gone. A missing program ends with 127. */
  readonly run: (command: string, args: readonly string[], input?: string) => Finished
}

/** Runs the file `line` again and again. The loop ends with the process at the other ends of its pipes. */
const loop = `mkfifo "$0/ask" "$0/answer" || exit
while read -r _; do . "$0/line" <"$0/in" >"$0/out" 2>"$0/err" 3>&-; echo $? >&3; done <"$0/ask" 3>"$0/answer"
rm -rf "$0"`

/**
 * @param words - the program and arguments that start the shell, such as `unshare --net`
 * @param first - what the shell does first, with && at its end
 * @throws when the shell cannot be started
 */
export const openShell = (words: readonly string[], first = ''): Shell => {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'portolan-shell-'))
  const [program = '', ...rest] = [...words, 'sh', '-c', `${first} ${loop}`, folder]
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
  // When the start fails there is no process id, and the wait below ends by that.
  child.on('error', () => {})
  child.unref()
  const pid = waitUntilReady(child, join(folder, 'answer'))
  // Opened in the shell's order, because each open waits for the other end.
  const ask = openSync(join(folder, 'ask'), 'w')
  const answer = openSync(join(folder, 'answer'), 'r')
  const said = Buffer.alloc(16)
  return {
    pid,
    run: (command, args, input = '') => {
      writeFileSync(join(folder, 'in'), input)
      writeFileSync(join(folder, 'line'), [command, ...args].map(quoted).join(' '))
      writeSync(ask, '\n')
      const length = readSync(answer, said)
      if (length === 0) throw new Error(`the shell that was to run ${command} has ended`)
      return {
        exitCode: Number(said.toString('utf8', 0, length)),
        stdout: readFileSync(join(folder, 'out'), 'utf8'),
        stderr: readFileSync(join(folder, 'err'), 'utf8'),
      }
    },
    [Symbol.dispose]: () => {
      closeSync(ask)
      closeSync(answer)
    },
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

/** Blocks this thread, for a minute at most. A shell is used where nothing else may run meanwhile. */
const waitUntilReady = ({ pid }: ChildProcess, file: string): number => {
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (let turn = 0; pid !== undefined && turn < 12_000; turn += 1) {
    if (existsSync(file)) return pid
    if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) break
    Atomics.wait(sleeper, 0, 0, 5)
  }
  throw new Error('a shell of its own could not be started')
}
