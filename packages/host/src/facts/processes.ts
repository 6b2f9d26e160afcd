import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** The processes there are, the lowest number first. */
export const processIds = (proc: string): readonly number[] =>
  readdirSync(proc)
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)

/** The process that started it, or has taken it over (proc_pid_stat(5)); null: it has ended, or is not told. */
const parentOf = (folder: string): number | null => {
  try {
    // The name of a program, in brackets, may have any sign in it.
    const [, parent] = readFileSync(`${folder}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return parent === undefined ? null : Number(parent)
  } catch {
    return null
  }
}

/**
 * Of processes that share something the one that the others come from. Numbers begin anew at the lowest once the highest was
 * given, so a child may have a lower one than its parent.
 *
 * @param lowest - the lowest number among them
 * @param shares - whether a process is among them
 */
export const eldestOf = (lowest: number, shares: (pid: number) => boolean, proc: string): number => {
  let eldest = lowest
  for (;;) {
    const parent = parentOf(`${proc}/${eldest}`)
    if (parent === null || parent <= lowest || !shares(parent)) return eldest
    eldest = parent
  }
}

/** Newer Node names its main thread, and so the process, after what every Node process has. */
const MAIN_THREAD = 'MainThread'
const NODE = 'node'

/**
 * What a process calls itself. One of Portolan is named with its verb: `portolan watch`.
 *
 * @param folder - `/proc/PID`
 * @returns null when it has ended
 */
export const processName = (folder: string): string | null => {
  try {
    const written = readFileSync(`${folder}/comm`, 'utf8').trimEnd()
    const name = written === MAIN_THREAD ? basename(readlinkSync(`${folder}/exe`)) : written
    return name === NODE ? (portolanIn(readFileSync(`${folder}/cmdline`, 'utf8')) ?? name) : name
  } catch {
    return null
  }
}

/**
 * The same for a process of which the kernel has told a number and what it calls itself. The number is that of the whole
 * machine: in a container, /proc has another process under it.
 *
 * @param proc - `/proc`
 */
export const toldProcessName = (pid: number, name: string, proc = '/proc'): string => {
  if (name !== MAIN_THREAD && name !== NODE) return name
  try {
    const folder = `${proc}/${pid}`
    return readFileSync(`${folder}/comm`, 'utf8').trimEnd() === name ? (processName(folder) ?? name) : name
  } catch {
    return name
  }
}

/** `node -- /usr/bin/portolan watch -p shop` is `portolan watch`; null: Node runs something else. */
const portolanIn = (commandLine: string): string | null => {
  const [, ...words] = commandLine.split('\0')
  const at = words.findIndex((word) => !word.startsWith('-'))
  const [script = '', verb = '', more = ''] = words.slice(at)
  const [, program] = /^(portolan(?:-[a-z]+)*)(?:\.c?js)?$/.exec(basename(script)) ?? []
  if (program === undefined) return null
  const verbs = verb === 'cluster' ? [verb, more] : [verb]
  return [program, ...verbs.filter((word) => /^[a-z][a-z-]*$/.test(word))].join(' ')
}
