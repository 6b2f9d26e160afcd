import { existsSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { defaultStateDirectory } from '@portolan/host'
import { InvalidRequestError, PortolanError, visibleLine } from '@portolan/netfilter'
import { parseBackendChoice } from '../../backend/backend.ts'
import { wantedStateFile } from '../../live/wanted/open-wanted-state.ts'
import { printStatus } from '../../status/print-status.ts'
import { readStatus, type StatusOptions } from '../../status/read-status.ts'
import type { HostStatus } from '../../status/status.ts'
import { forgottenNeighbours } from '../cluster/fresh-neighbours.ts'
import { withJoinedCluster } from '../cluster/with-joined-cluster.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Options } from '../options/option-table.ts'
import { type PrintedOptions, withOwnOptions } from '../options/with-own-options.ts'
import { jsonText } from '../output/json-text.ts'
import { sayLine } from '../output/say-line.ts'
import type { Screen } from '../output/screen.ts'
import type { Terminal } from '../output/terminal.ts'
import { readIntent } from '../sources/read-intent.ts'
import { keptIntent, keptProjects } from '../sources/read-wanted.ts'
import { planOptions } from '../sources/sources.ts'
import { waitFor } from '../wait-for.ts'
import { heldBackText } from '../watch/held-back.ts'
import { keyOptions } from '../watch/key-words.ts'

const REFRESH_MS = 2_000

/** `portolan status`: shows what is mapped on this host now. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  const screen = options.watch === true ? screenOf(options, terminal) : null
  if (screen === null) {
    const settings = await statusOptions(options, await forgottenNeighbours(context))
    const { status, kept } = await waitFor(context, 'reading this host', () => statusNow(settings, options))
    for (const sentence of sentencesOf(status)) sayLine(terminal, sentence)
    terminal.print(
      options.json === true
        ? jsonText(status, plainNumbers)
        : printStatus(status, terminal.style, kept).join('\n'),
    )
    return exitCode.ok
  }
  const linesNow = openLines(context)
  try {
    while (!screen.left.aborted) {
      screen.show(await linesNow())
      await delay(REFRESH_MS, undefined, { signal: screen.left }).catch(() => undefined)
    }
  } finally {
    screen.close()
  }
  return exitCode.ok
}

/** Reads the status of this host, and the projects of `watch --intent`. */
const statusNow = async (
  settings: StatusOptions,
  options: Options,
): Promise<{ readonly status: HostStatus; readonly kept: readonly string[] }> => {
  const kept = await keptProjects(options)
  const ofKeys = new Map<string, PrintedOptions>()
  for (const project of kept) ofKeys.set(project, await keyOptions(options, project))
  const ownCommand = commandOf(ofKeys, settings, await withJoinedCluster(options))
  return { status: await readStatus({ ...settings, ownCommand }), kept }
}

/**
 * Writes a command about a project so that it can be run. A project that a program holds has no file. Where no file was
 * named for a project and no key has it, its file is not known (FILE).
 */
const commandOf = (
  ofKeys: ReadonlyMap<string, PrintedOptions>,
  { intent }: StatusOptions,
  options: PrintedOptions,
): ((command: string, project: string) => string) => {
  const directory = options.state ?? defaultStateDirectory()
  return (command, project) => {
    const ofKey = ofKeys.get(project)
    if (ofKey !== undefined) return withOwnOptions(ofKey)(command)
    const isOfFile = intent?.intent.project === project
    const { file: _none, ...others } = options
    if (!isOfFile && existsSync(wantedStateFile(directory, project))) return withOwnOptions(others)(command)
    return withOwnOptions(isOfFile ? options : { ...options, file: ['FILE'] })(command)
  }
}

/** Makes the lines of a screen, each time from what is wanted and what is remembered of a cluster at that moment. */
const openLines = (context: CommandContext): (() => Promise<readonly string[]>) => {
  const { options } = context
  // A pipe can be read only once.
  const isOnce = (options.file ?? []).some(
    (file) => file === '-' || statSync(file, { bigint: true, throwIfNoEntry: false })?.isFIFO() === true,
  )
  let settings: StatusOptions | null = null
  return async () => {
    const said: string[] = []
    const terminal = { ...context.terminal, say: (text: string) => void said.push(text) }
    try {
      if (settings === null || !isOnce)
        settings = await statusOptions(options, await forgottenNeighbours({ ...context, terminal }))
    } catch (error) {
      // A file may be in the middle of an edit.
      if (settings === null || !(error instanceof PortolanError)) throw error
      said.push(`${error.message} Until it can be read, DRIFT compares with what it said before.`)
    }
    const { status, kept } = await statusNow(settings, options)
    // These lines come first. They are about the whole, and a low terminal cuts the last lines.
    const before = said.length === 0 ? [] : [...said.map(visibleLine), '']
    return [...before, ...printStatus(status, context.terminal.style, kept), ...notes(status)]
  }
}

const sentencesOf = ({ unread, notes: lines = [], heldBack = [] }: HostStatus): readonly string[] => [
  ...heldBack.map(heldBackText),
  ...lines,
  ...unread,
]

const notes = (status: HostStatus): readonly string[] => {
  const sentences = sentencesOf(status)
  return sentences.length === 0 ? [] : ['', ...sentences.map(visibleLine)]
}

/** The other hosts of a cluster, where this host does not remember them. */
type Others = Awaited<ReturnType<typeof forgottenNeighbours>>

/** @throws InvalidRequestError */
const screenOf = (options: Options, terminal: Terminal): Screen => {
  if (options.json === true)
    throw new InvalidRequestError(
      '--watch refreshes a text on a terminal, and --json prints one document: give one of the two. Run "portolan status --json" as often as it is needed.',
    )
  const screen = terminal.screen()
  if (screen === null)
    throw new InvalidRequestError(
      '--watch refreshes a terminal in place, and standard output is not a terminal that can do so. Run "portolan status" as often as needed, or with --json for a program.',
    )
  return screen
}

const statusOptions = async (options: Options, others: Others): Promise<StatusOptions> => {
  const of = {
    ...others,
    backend: parseBackendChoice(options.backend ?? 'auto'),
    ...(options.state === undefined ? {} : { stateDirectory: options.state }),
    conflicts: options['no-conflicts'] !== true,
  }
  const kept = await keptIntent(options)
  if (options.file !== undefined || kept !== null)
    return {
      ...of,
      intent: {
        intent: kept?.intent ?? readIntent(options),
        options: { ...(await planOptions(options)), ...kept?.planning, ...others },
      },
    }
  return options.project === undefined ? of : { ...of, project: options.project, mustBeThere: true }
}

/** Writes a bigint as a string: IPv6 addresses are larger than a JSON number holds. */
const plainNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
