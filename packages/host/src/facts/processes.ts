import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** The numbers of all processes, the lowest first. */
export const processIds = (proc: string): readonly number[] =>
  readdirSync(proc)
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)

/** The fields of /proc/PID/stat from the state on (proc_pid_stat(5)); empty: it has ended, or cannot be read. */
const statusOf = (folder: string): readonly string[] => {
  try {
    // The name of a program, in brackets, may contain any character.
    return readFileSync(`${folder}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return []
  }
}

/** The parent of a process, or the process that adopted it; null: it has ended, or cannot be read. */
const parentOf = (folder: string): number | null => {
  const [, parent] = statusOf(folder)
  return parent === undefined ? null : Number(parent)
}

/**
 * Tells whether a process is stopped: by Control-Z, or by SIGSTOP. Such a process does not end by itself, and SIGTERM
 * ends it only once it goes on.
 *
 * @param folder - `/proc/PID`
 */
export const isStopped = (folder: string): boolean => statusOf(folder)[0] === 'T'

/**
 * Finds the ancestor among processes that share something. Process numbers start again from the lowest after the
 * highest, so a child may have a lower number than its parent.
 *
 * @param lowest - the lowest number among them
 * @param shares - tells whether a process is one of them
 */
export const eldestOf = (lowest: number, shares: (pid: number) => boolean, proc: string): number => {
  let eldest = lowest
  for (;;) {
    const parent = parentOf(`${proc}/${eldest}`)
    if (parent === null || parent <= lowest || !shares(parent)) return eldest
    eldest = parent
  }
}

/** The name that newer Node gives its main thread, and so the process. */
const MAIN_THREAD = 'MainThread'
const NODE = 'node'

/**
 * The name of a process. A Portolan process is named with its verb: `portolan watch`.
 *
 * @param folder - `/proc/PID`
 * @returns null when the process has ended
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
 * The name of a process by a number and a name that the kernel gave. The number is of the whole machine. In a container
 * it may be that of another process in /proc.
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

/**
 * The Portolan command in a command line of Node: `node -- /usr/bin/portolan watch -p shop` is `portolan watch`; null:
 * Node runs another program.
 */
const portolanIn = (commandLine: string): string | null => {
  const [, ...words] = commandLine.split('\0')
  const at = words.findIndex((word) => !word.startsWith('-'))
  const [script = '', verb = '', more = ''] = words.slice(at)
  const [, program] = /^(portolan(?:-[a-z]+)*)(?:\.c?js)?$/.exec(basename(script)) ?? []
  if (program === undefined) return null
  const verbs = verb === 'cluster' ? [verb, more] : [verb]
  return [program, ...verbs.filter((word) => /^[a-z][a-z-]*$/.test(word))].join(' ')
}
