import { type Change, type Conflict, type DesiredState, type HookNeed, isNeeded } from '@portolan/core'
import type { Fix } from '@portolan/host'
import { shellLine } from '@portolan/netfilter'
import { combine, notReloaded, policyIn, withFreeName, withOwnPriority } from '../firewalld/ask-firewalld.ts'
import type { Firewalld } from '../firewalld/read-firewalld.ts'

/**
 * A remedy that is carried out, or taken back, through a documented hook of another program.
 * @public @since 0.1.0
 */
export interface FixChange extends Change {
  readonly operation: FixOperation
}

/**
 * An operation on another program. `fixCommands` gives the commands that it runs.
 * @public @since 0.1.0
 */
export type FixOperation =
  | {
      readonly kind: 'ask'
      readonly fix: Fix
      /** An earlier run asked for it, so the undo commands run first. */
      readonly known: boolean
      /** The only commands to run, when the rest of the fix is in place. */
      readonly only?: Commands
    }
  | { readonly kind: 'take-back'; readonly fix: Fix }

type Commands = Fix['commands']

/**
 * The commands that an operation runs, in order. The text for a user and the apply both use them.
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

/** The undo commands without those that the new commands repeat: one reload is enough, without a gap before it. */
const withoutShared = ({ commands, undo }: Fix): Commands => {
  const again = new Set(commands.map(shellLine))
  return undo.filter((words) => !again.has(shellLine(words)))
}

/**
 * Finds a hook whose notes differ from what a plan assumes. Apply would then run other commands than the plan shows.
 *
 * @param fixes - the fixes noted now
 * @returns the name of that hook; null: there is none
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

/** The commands for one hook, merged from all the conflicts that it mends. */
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
  /** The mended conflicts as they were before. */
  readonly mended: readonly Conflict[]
}

/**
 * Plans the changes that mend conflicts by documented hooks. A mended conflict becomes an info, so it does not block.
 *
 * @param inPlace - the fixes that earlier runs asked for and that stay
 * @param firewalld - null: firewalld does not run here, or nothing is asked of it
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
    // A warning alone is no reason to change another program's rules while every mapping works.
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

/** Tells whether a conflict is to be mended. A refusal of a few clients is usually meant, a refusal of all is not. */
const isWhole = ({ severity, certainty, kind }: Conflict): boolean =>
  certainty === 'certain' && (severity === 'error' || kind === 'EgressDropped' || kind === 'NetworkDropped')

/** A conflict that a hook could mend and `--fix` leaves, with the reason in its remedy. */
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
  commands: policyIn(whole.commands) === null ? whole.commands : combine(whole.commands, part.commands),
  undo: policyIn(whole.commands) === null ? whole.undo : combine(whole.undo, part.undo),
  conflicts: [...whole.conflicts, ...part.conflicts],
  needs: [...whole.needs, ...part.needs],
})

/** Merges a request into one that contains it: a program cannot create one zone twice. */
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
 * Tells whether all undo commands of one request are among those of another. The other commands are no help: they hold
 * the place of a rule in DOCKER-USER, which may differ each time.
 */
const isPartOf = (one: Asked, whole: Asked): boolean => {
  const known = new Set(whole.undo.map((words) => text([words])))
  return one.name === whole.name && one.undo.every((words) => known.has(text([words])))
}

/**
 * Tells whether two fixes of a project are the same fix, or one contains the other.
 * @internal
 */
export const isSameFix = (one: Asked & Pick<Fix, 'project'>, other: Asked & Pick<Fix, 'project'>): boolean =>
  one.project === other.project && (isPartOf(one, other) || isPartOf(other, one))

/** The change that asks for a request. Earlier fixes that contain it, or are part of it, become one with it. */
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
  // The same commands again mean that the rules of the earlier fix are missing on the host.
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

/** The commands of a request, joined with those of earlier fixes that are still needed. */
const wholeOf = (
  request: Pick<Request, 'name' | 'commands' | 'undo'>,
  earlier: readonly Fix[],
): Pick<Fix, 'commands' | 'undo'> => {
  const [before] = earlier
  if (before === undefined) return request
  if (policyIn(request.commands) !== null)
    return {
      commands: earlier.reduce((all, { commands }) => combine(commands, all), request.commands),
      undo: earlier.reduce((all, { undo }) => combine(undo, all), request.undo),
    }
  return earlier.find((one) => isPartOf(request, one)) ?? request
}

const beneficiaryOf = ({ mapping, network }: Conflict): string => mapping ?? `network ${network}`

/** The most names in a description: a zone may serve a thousand mappings. */
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
 * The changes that take back fixes which nothing of the project needs any more. A fix in place hides the conflict that
 * it mends, so it is not visible whether the rest could do without it. A fix therefore stays while anything that it
 * lets pass stays.
 * @internal
 */
export const unneededFixes = (fixes: readonly Fix[], desired: DesiredState): readonly FixChange[] =>
  fixes
    .filter(
      ({ project, needs }) => project === desired.project && !needs.some((need) => isNeeded(need, desired)),
    )
    .map((fix) => undoFix(fix))

/**
 * The change that takes a fix back.
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
