import type { Backend } from '../../lab/backend.ts'
import type { Labs } from '../../lab/lab-pool.ts'
import { typed } from '../../lab/typed.ts'
import { compareConflicts, compareRows } from './compare.ts'
import { testForeignFlows } from './foreign-flows.ts'
import { readForeignRules } from './foreign-rules.ts'
import { isExpected, type LiveRow, liveRows, probeRows, type RowAnswer } from './live-row.ts'
import { testOldFlows } from './old-flows.ts'
import { type ConflictJson, describeConflict } from './planned.ts'
import type { ExpectedFailure, Scenario } from './scenario.ts'
import {
  applyAndStart,
  commandDirectory,
  deleteFlows,
  findConflicts,
  forgetNeighbours,
  type Stage,
  setStage,
} from './stage.ts'
import { hasLiveWitness, testWitnesses } from './witness.ts'

const prefixed = (title: string, complaints: readonly string[]): readonly string[] =>
  complaints.map((complaint) => `${title}: ${complaint}`)

/** Complaints about rows that fail unexpectedly, and about rows that are delivered unexpectedly. */
const compareFailures = (
  answers: readonly RowAnswer[],
  failures: readonly ExpectedFailure[],
): readonly string[] =>
  answers.flatMap(({ row, failure }) => {
    const isFailure = failure !== null
    if (isFailure === isExpected(row, failures)) return []
    return [`${row.words.join(' ')}: ${failure ?? 'delivered'}`]
  })

const isPortolanCommand = (command: string): boolean => command.startsWith('portolan ')

/** The commands of a remedy, without `portolan` commands. Those run last, because they change what is tested. */
const commandsOf = ({ remedy }: ConflictJson): readonly string[] =>
  remedy.commands.filter((command) => !isPortolanCommand(command))

/** Runs the `portolan` commands of the remedies, at a terminal. */
const runPortolanCommands = async (
  { lab }: Stage,
  conflicts: readonly ConflictJson[],
): Promise<readonly string[]> => {
  const complaints: string[] = []
  for (const command of new Set(
    conflicts.flatMap(({ remedy }) => remedy.commands.filter(isPortolanCommand)),
  )) {
    const { exitCode, stdout } = await typed(lab, command)
    if (exitCode !== 0) complaints.push(`${command} exited ${exitCode}: ${stdout.trim()}`)
  }
  return complaints
}

/** Leaves out repeated commands: the last of equal commands is kept. firewall-cmd commands may be repeated. */
const withoutRepeats = (commands: readonly string[]): readonly string[] =>
  commands.filter(
    (command, index) => command.startsWith('firewall-cmd ') || commands.lastIndexOf(command) === index,
  )

/** Runs the commands of the remedies. */
const runRemedies = async (
  { lab }: Stage,
  conflicts: readonly ConflictJson[],
): Promise<readonly string[]> => {
  const complaints: string[] = []
  for (const command of withoutRepeats(conflicts.flatMap(commandsOf))) {
    const { exitCode, stderr } = await lab.host.run(['sh', '-c', command], {
      environment: { PATH: `${commandDirectory}:${process.env.PATH}` },
    })
    if (exitCode !== 0) complaints.push(`${command} exited ${exitCode}: ${stderr.trim()}`)
  }
  return complaints
}

/**
 * True: a row that promises an answer may fail by this conflict. A `Bypassed` conflict lets packets in, so only its
 * witness shows it.
 */
const spoilsRow = (conflict: ConflictJson): boolean =>
  (hasLiveWitness(conflict) && conflict.kind !== 'Bypassed') || conflict.kind === 'NeighbourDiscoveryDropped'

const isSame = (one: ConflictJson, other: ConflictJson): boolean =>
  one.kind === other.kind &&
  one.mapping === other.mapping &&
  one.network === other.network &&
  one.culprit?.text === other.culprit?.text &&
  hasUsualPort(one) === hasUsualPort(other)

/**
 * True: the witness has a usual source port. Behind a repaired conflict another one may remain, which only concerns
 * programs that bind an unusual source port. It was hidden before, and no rule can accept just such packets.
 */
const hasUsualPort = ({ witness }: ConflictJson): boolean => {
  const port = witness?.sourcePort ?? usualClientPort
  return port >= 32768 && port <= 60999
}

const usualClientPort = 40000

const probeAll = async (
  stage: Stage,
  planned: Parameters<typeof probeRows>[1],
  rows: readonly LiveRow[],
  failures: readonly ExpectedFailure[],
): Promise<readonly RowAnswer[]> => {
  await deleteFlows(stage)
  return probeRows(stage.lab, planned, rows, failures)
}

const playOn = async (stage: Stage): Promise<readonly string[]> => {
  const { lab, scenario, backend, pilot } = stage
  const expected = scenario.conflicts(backend)
  const failures = scenario.failures(backend)
  const complaints: string[] = [...(await testForeignFlows(stage, 'before'))]
  const rulesBefore = await readForeignRules(lab.host)

  const { conflicts, exitCode } = await findConflicts(stage)
  const isBlocked = conflicts.some(({ severity }) => severity === 'error')
  if (exitCode !== (isBlocked ? 3 : 0)) complaints.push(`conflicts exited ${exitCode}`)

  const planned = await applyAndStart(stage, isBlocked)
  complaints.push(...compareConflicts(expected, conflicts, planned, scenario.allowsWarnings))
  // Old flows come first, because each later question deletes all flows from connection tracking.
  const stale = conflicts.filter(({ kind }) => kind === 'StaleConntrack')
  complaints.push(...(await testOldFlows(stage, stale, () => runRemedies(stage, stale))))
  const rows = liveRows(planned)
  const answers = await probeAll(stage, planned, rows, failures)
  complaints.push(
    ...prefixed('applied', compareFailures(answers, failures)),
    ...compareRows(conflicts, answers, spoilsRow),
    ...(await testForeignFlows(stage, 'applied')),
    ...(await testWitnesses(stage, planned, conflicts, 'fails')),
  )

  // A remedy with rule numbers is valid only for the moment. So conflicts with such a remedy are searched again.
  const isMomentary = conflicts.some(({ remedy }) => remedy.text.includes('Run this before "portolan apply'))
  const present = isMomentary ? (await findConflicts(stage)).conflicts : conflicts
  const repaired = present.filter(
    (conflict) =>
      conflict.severity !== 'info' && !stale.includes(conflict) && commandsOf(conflict).length > 0,
  )
  if (repaired.length > 0) {
    complaints.push(...prefixed('remedies', await runRemedies(stage, repaired)))
    await deleteFlows(stage)
    await forgetNeighbours(stage)
    const { conflicts: conflictsLeft } = await findConflicts(stage)
    complaints.push(
      ...conflictsLeft
        .filter((conflict) => repaired.some((one) => isSame(one, conflict)))
        .map(
          (conflict) => `not mended: ${describeConflict(conflict)}; now: ${commandsOf(conflict).join('; ')}`,
        ),
      ...prefixed('mended', await testWitnesses(stage, planned, repaired, 'delivered')),
    )
    const lastingFailures = failures.filter(({ afterRemedies }) => afterRemedies === 'still')
    const answersNow = await probeAll(stage, planned, rows, lastingFailures)
    complaints.push(
      ...prefixed('mended', compareFailures(answersNow, lastingFailures)),
      ...prefixed('mended', compareRows(conflictsLeft, answersNow, spoilsRow)),
    )
  }

  if (conflicts.some(({ remedy }) => remedy.commands.some(isPortolanCommand))) {
    const lastingFailures = failures.filter((one) => repaired.length === 0 || one.afterRemedies === 'still')
    complaints.push(
      ...prefixed('own commands', await runPortolanCommands(stage, conflicts)),
      ...prefixed(
        'own commands',
        compareFailures(await probeAll(stage, planned, rows, lastingFailures), lastingFailures),
      ),
    )
  }

  const expectedRules = repaired.length === 0 ? rulesBefore : await readForeignRules(lab.host)
  await pilot.destroy()
  const rulesLeft = await readForeignRules(lab.host)
  if (rulesLeft !== expectedRules) {
    complaints.push(`destroy left rules of others as\n${rulesLeft}\n-- that were --\n${expectedRules}`)
  }
  return complaints
}

/**
 * Plays a scenario from the first foreign rule to the end of `destroy`.
 * @returns complaints; empty: all is as expected
 */
export const play = async (labs: Labs, scenario: Scenario, backend: Backend): Promise<readonly string[]> => {
  const stage = await setStage(labs, scenario, backend)
  try {
    return await playOn(stage)
  } finally {
    await stage.lab[Symbol.asyncDispose]()
  }
}
