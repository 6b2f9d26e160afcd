import { readFileSync, statSync } from 'node:fs'
import type { Intent, IntentNote } from '@portolan/core'
import { defaultStateDirectory, type WatchedText, watchedTexts } from '@portolan/host'
import { PermissionError, PortolanError } from '@portolan/netfilter'
import type { Options } from '../options/option-table.ts'
import { usesFiles } from '../sources/read-facts.ts'
import { readIntent } from '../sources/read-intent.ts'
import { filesOf } from './note-watched.ts'
import { wishOf } from './wish-of.ts'

/**
 * Refuses a text that a watch of the project would undo, because the watch goes by another text. The watch would also
 * take away what was attached meanwhile. A text that asks for the same as the watch's own text is not refused, because
 * the watch takes it.
 *
 * @throws PortolanError `WATCHED` that names the process, the text that it goes by, and the ways out
 */
export const refuseOtherText = async (options: Options, intent: Intent): Promise<void> => {
  const watched = await watchOfOther(options, intent)
  if (watched === null) return
  const { pid } = watched.process
  throw new PortolanError(
    'WATCHED',
    `${heldBy(watched)} and would undo ${otherText(options, watched)}. ${wayOut(watched)}; or stop the watch first (kill ${pid}, or systemctl stop for a unit), and run this again. Nothing was changed.`,
  )
}

/** The notes of a plan of such a text. */
export const otherTextNotes = async (options: Options, intent: Intent): Promise<readonly IntentNote[]> => {
  const watched = await watchOfOther(options, intent)
  if (watched === null) return []
  const text = `${heldBy(watched)} and would undo ${otherText(options, watched)}: \`portolan apply\` refuses it. ${wayOut(watched)}; or stop the watch first (kill ${watched.process.pid}).`
  return [{ text, place: null }]
}

const heldBy = ({ project, process, sources }: WatchedText): string =>
  `project ${project} is held by "portolan watch" (process ${process.pid}), which follows ${sources.join(' with ') || 'its files'}`

const otherText = (options: Options, { sources, reading }: WatchedText): string =>
  reading !== null && sources.length > 0 && sources.join('\n') === namedHere(options)
    ? 'what the same text says here: its variables, profiles or name differ where the watch was started'
    : 'what another text says'

const wayOut = ({ process, sources: [source = ''], reading }: WatchedText): string => {
  if (reading !== null) return `Change that text, and make the watch read it again (kill -HUP ${process.pid})`
  const key = source.replace(/^etcd:\/\//, '')
  return `Change the text under the key (\`etcdctl put ${key} < compose.yaml\`)`
}

const namedHere = (options: Options): string => {
  try {
    return filesOf(options).join('\n')
  } catch (error) {
    if (error instanceof PortolanError) return ''
    throw error
  }
}

/** @returns null: no watch holds the project, or it wants the same, or this user may not know of it */
const watchOfOther = async (options: Options, intent: Intent): Promise<WatchedText | null> => {
  if (usesFiles(options)) return null
  const wish = wishOf(intent)
  const watches = await readable(options, intent.project)
  return (
    watches.find((watched) => {
      if (watched.wishes.includes(wish)) return false
      const now = readAsWatch(watched)
      return now === null || wishOf(now) !== wish
    }) ?? null
  )
}

/** The watches of a project. None for a user other than root, whose command is refused by what comes next. */
const readable = async ({ state }: Options, project: string): Promise<readonly WatchedText[]> => {
  try {
    return await watchedTexts(state ?? defaultStateDirectory(), project)
  } catch (error) {
    if (error instanceof PermissionError) return []
    throw error
  }
}

/**
 * Reads what the files of a watch say now. They are read in the folder and with the variables with which the watch was
 * started. The watch reads them in the same way before it undoes anything.
 *
 * @returns null: it cannot be told
 */
const readAsWatch = ({ process: { pid, name }, reading }: WatchedText): Intent | null => {
  // A process in another PID namespace has another number there.
  if (reading === null || name === '') return null
  const here = process.cwd()
  try {
    const environment = environmentOf(pid)
    process.chdir(reading.folder)
    const files = filesOf(reading.options, environment)
    if (!files.every(isReadAgain)) return null
    return readIntent(reading.options, environment)
  } catch {
    // The watch does the same: it goes on with what is in force.
    return null
  } finally {
    process.chdir(here)
  }
}

/** False: a pipe, or what may be one. It cannot be read again. */
const isReadAgain = (file: string): boolean =>
  !/^(-$|\/dev\/|\/proc\/)/.test(file) && statSync(file, { bigint: true }).isFile()

/** The variables that a process was started with (proc_pid_environ(5)). */
const environmentOf = (pid: number): NodeJS.ProcessEnv =>
  Object.fromEntries(
    readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .flatMap((entry) => {
        const at = entry.indexOf('=')
        return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)]] : []
      }),
  )
