import { type Change, type Conflict, type DesiredState, type HookNeed, isNeeded } from '@portolan/core'
import type { Fix } from '@portolan/host'
import { shellLine } from '@portolan/netfilter'
import { notReloaded, policyIn, together, withFreeName, withOwnPriority } from '../firewalld/ask-firewalld.ts'
import type { Firewalld } from '../firewalld/read-firewalld.ts'

/**
 * A remedy carried out in the way that another program documents, or taken back.
 * @public @since 0.1.0
 */
export interface FixChange extends Change {
  readonly operation: FixOperation
}

/**
 * `fixCommands` says what it runs.
 * @public @since 0.1.0
 */
export type FixOperation =
  | {
      readonly kind: 'ask'
      readonly fix: Fix
      /** It was asked for before, so what is there of it is taken back first. */
      readonly known: boolean
      /** What is run of it, where the rest is there already. */
      readonly only?: Commands
    }
  | { readonly kind: 'take-back'; readonly fix: Fix }

type Commands = Fix['commands']

/**
 * Every command that an operation runs, in order: what is shown before is what is run.
 * @internal
 */
export const fixCommands = (
  operation: FixOperation,
): { readonly undo: Commands; readonly commands: Commands } => {
  const { fix } = operation
  if (operation.kind === 'take-back') return { undo: fix.undo, commands: [] }
  if (operation.only !== undefined) return { undo: [], commands: operation.only }
  return { undo: operation.known ? withoutShared(fix) : [], commands: fix.commands }
}

/** The way back without what comes again on the way there: one reload is enough, and nothing is missing in between. */
const withoutShared = ({ commands, undo }: Fix): Commands => {
  const again = new Set(commands.map(shellLine))
  return undo.filter((words) => !again.has(shellLine(words)))
}

/**
 * Whether what a plan takes to have been asked for is what was: else it would run other commands than it shows.
 *
 * @param fixes - what is remembered now
 * @returns the name of a hook of which something else is remembered; null when there is none
 * @internal
 */
export const otherFix = (operations: readonly FixOperation[], fixes: readonly Fix[]): string | null => {
  let left = fixes
  for (const operation of operations) {
    const { fix } = operation
    const same = left.filter((one) => isSameFix(one, fix))
    const isAsExpected =
      operation.kind === 'ask'
        ? same.length > 0 === operation.known
        : same.some((one) => JSON.stringify(one) === JSON.stringify(fix))
    if (!isAsExpected) return fix.name
    left = left.filter((one) => !same.includes(one))
    if (operation.kind === 'ask') left = [...left, fix]
  }
  return null
}

const text = (commands: Commands): string => commands.map(shellLine).join('\n')

/** What one hook is asked for, by all the conflicts that it mends. */
interface Request {
  readonly name: string
  readonly commands: Commands
  readonly undo: Commands
  readonly conflicts: readonly Conflict[]
  readonly needs: readonly HookNeed[]
}

/** @internal */
export interface FixedConflicts {
  readonly changes: readonly FixChange[]
  readonly conflicts: readonly Conflict[]
  /** Those that are mended, as they were before. */
  readonly mended: readonly Conflict[]
}

/**
 * The changes that mend conflicts by documented hooks, and the conflicts as they are then: those do not block.
 *
 * @param inPlace - what was asked before, and stays
 * @param firewalld - null: it does not run here, or nothing is asked of it
 * @internal
 */
export const fixConflicts = (
  project: string,
  conflicts: readonly Conflict[],
  inPlace: readonly Fix[],
  firewalld: Firewalld | null = null,
): FixedConflicts => {
  const requests = new Map<string, Request>()
  const asked = new Set([
    ...inPlace.filter((one) => one.project === project).map(({ name }) => name),
    ...conflicts.filter(isDead).flatMap(({ remedy: { hook } }) => (hook === undefined ? [] : [hook.name])),
  ])
  const priorities = new Map(firewalld?.priorities)
  const mended: Conflict[] = []
  const left = conflicts.map((conflict): Conflict => {
    const { hook: wanted } = conflict.remedy
    if (wanted === undefined) return conflict
    // Nothing is asked of another program on account of a warning while every mapping works.
    if (!asked.has(wanted.name) || !isWhole(conflict)) return leftAlone(conflict, wanted.name)
    if (wanted.name === 'firewalld' && firewalld !== null && firewalld.unsaved !== null)
      return notReloaded(conflict, firewalld.unsaved)
    const named = firewalld === null ? wanted : withFreeName(wanted, firewalld)
    if (named === null) return conflict
    const hook = withOwnPriority(named, priorities)
    const { name, commands, undo, need } = hook
    const key = policyIn(commands) ?? text(commands)
    const own = { name, commands, undo, conflicts: [conflict], needs: [need] }
    const before = requests.get(key)
    requests.set(key, before === undefined ? own : merge(before, own))
    mended.push(conflict)
    return {
      ...conflict,
      severity: 'info',
      message: `${conflict.message} This plan mends it by way of ${name}.`,
    }
  })
  return {
    changes: withoutParts([...requests.values()]).map((request) => askChange(project, request, inPlace)),
    conflicts: left,
    mended,
  }
}

const isDead = ({ severity, certainty }: Conflict): boolean => severity === 'error' && certainty === 'certain'

/** A ban of a few is meant, as a rule; what keeps everybody out is not. */
const isWhole = ({ severity, certainty, kind }: Conflict): boolean =>
  certainty === 'certain' && (severity === 'error' || kind === 'EgressDropped' || kind === 'NetworkDropped')

/** A conflict that a hook could mend and `--fix` does not, with the reason. */
const leftAlone = (conflict: Conflict, hook: string): Conflict => {
  const { severity, certainty, remedy } = conflict
  if (severity === 'info') return conflict
  const why =
    certainty === 'possible'
      ? 'the conflict is only possible'
      : isWhole(conflict)
        ? 'it does so only where a conflict is an error for certain'
        : 'a refusal of some packets may be meant'
  return {
    ...conflict,
    remedy: { ...remedy, text: `${remedy.text} --fix does not ask ${hook} for it: ${why}.` },
  }
}

const merge = (whole: Request, part: Request): Request => ({
  ...whole,
  commands: policyIn(whole.commands) === null ? whole.commands : together(whole.commands, part.commands),
  undo: policyIn(whole.commands) === null ? whole.undo : together(whole.undo, part.undo),
  conflicts: [...whole.conflicts, ...part.conflicts],
  needs: [...whole.needs, ...part.needs],
})

/** A request whose commands are all among another's is part of that: no program makes one zone twice. */
const withoutParts = (requests: readonly Request[]): readonly Request[] => {
  const bySize = requests.toSorted((a, b) => b.commands.length - a.commands.length)
  const wholes: Request[] = []
  for (const request of bySize) {
    const at = wholes.findIndex((whole) => isPartOf(request, whole))
    const whole = wholes[at]
    if (whole === undefined) wholes.push(request)
    else wholes[at] = merge(whole, request)
  }
  return wholes
}

type Asked = Pick<Fix, 'name' | 'undo'>

/**
 * Is all that takes the one back among what takes the other back? The place of a rule in DOCKER-USER, which only its
 * commands tell, may be another one every time.
 */
const isPartOf = (one: Asked, whole: Asked): boolean => {
  const known = new Set(whole.undo.map((words) => text([words])))
  return one.name === whole.name && one.undo.every((words) => known.has(text([words])))
}

/**
 * Are two fixes of a project one thing asked for, of which one may have more of it?
 * @internal
 */
export const isSameFix = (one: Asked & Pick<Fix, 'project'>, other: Asked & Pick<Fix, 'project'>): boolean =>
  one.project === other.project && (isPartOf(one, other) || isPartOf(other, one))

/** What was asked before, and is part of this or this of it, becomes one with it. */
const askChange = (
  project: string,
  { name, commands, undo, conflicts, needs }: Request,
  inPlace: readonly Fix[],
): FixChange => {
  const wanted = distinct(conflicts.map(beneficiaryOf))
  const kinds = distinct(conflicts.map(({ kind }) => kind))
  const earlier = inPlace.filter((one) => isSameFix(one, { project, name, undo }))
  const whole = wholeOf({ name, commands, undo }, earlier)
  const [before, after] = [earlier.map((one) => text(one.commands)).join('\n'), text(whole.commands)]
  // What has to be asked for again is not there.
  const isNew = earlier.length === 0 || before === after
  return {
    action: isNew ? 'add' : 'change',
    object: name,
    description: `Let ${listed(wanted)} pass by way of ${name}, for ${kinds.join(', ')}.`,
    before: isNew ? null : before,
    after,
    reverse: text(whole.undo),
    operation: {
      kind: 'ask',
      known: earlier.length > 0,
      fix: {
        project,
        name,
        beneficiaries: distinct([...earlier.flatMap(({ beneficiaries }) => beneficiaries), ...wanted]),
        needs: distinctNeeds([...earlier.flatMap((one) => one.needs), ...needs]),
        commands: whole.commands,
        undo: whole.undo,
      },
    },
  }
}

/** What is asked for now, with what was asked before and is still served. */
const wholeOf = (
  request: Pick<Request, 'name' | 'commands' | 'undo'>,
  earlier: readonly Fix[],
): Pick<Fix, 'commands' | 'undo'> => {
  const [before] = earlier
  if (before === undefined) return request
  if (policyIn(request.commands) !== null)
    return {
      commands: earlier.reduce((all, { commands }) => together(commands, all), request.commands),
      undo: earlier.reduce((all, { undo }) => together(undo, all), request.undo),
    }
  return earlier.find((one) => isPartOf(request, one)) ?? request
}

const beneficiaryOf = ({ mapping, network }: Conflict): string => mapping ?? `network ${network}`

/** A zone may serve a thousand mappings. */
const mostListed = 3

const listed = (names: readonly string[]): string => {
  const hidden = names.length - mostListed
  return `${names.slice(0, mostListed).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`
}

const distinct = (words: readonly string[]): readonly string[] => [...new Set(words)]

const distinctNeeds = (needs: readonly HookNeed[]): readonly HookNeed[] => [
  ...new Map(needs.map((need) => [JSON.stringify(need), need])).values(),
]

/**
 * What was asked of other programs for a project and serves nothing of it any more. Whether what is left could do
 * without cannot be seen: a fix in place hides the conflict it mends. So it stays as long as anything it lets pass
 * does.
 * @internal
 */
export const unneededFixes = (fixes: readonly Fix[], desired: DesiredState): readonly FixChange[] =>
  fixes
    .filter(
      ({ project, needs }) => project === desired.project && !needs.some((need) => isNeeded(need, desired)),
    )
    .map((fix) => undoFix(fix))

/**
 * The taking back of what was mended.
 * @internal
 */
export const undoFix = (fix: Fix): FixChange => {
  const { name, beneficiaries, commands } = fix
  return {
    action: 'remove',
    object: name,
    description: `Take back what was asked of ${name} for ${listed(beneficiaries)}.`,
    before: text(commands),
    after: null,
    reverse: text(commands),
    operation: { kind: 'take-back', fix },
  }
}
