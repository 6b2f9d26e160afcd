import { checkDesired, type DesiredState, type LeaseProposal, parseLease, summarise } from '@portolan/core'
import { InvalidRequestError, ParseError, parseJson } from '@portolan/netfilter'
import { checkArgument, checkedBy, faultText, textValue } from '@portolan/netfilter/schema'
import { publishedPorts } from '../host-rules/published-ports.ts'
import { addedPorts, withdrawnPorts } from '../plan/changed-ports.ts'
import type { Plan } from '../plan/plan.ts'
import { plannedAddresses } from '../plan/planned-addresses.ts'
import { speakingPlan } from '../plan/speaking-plan.ts'
import { restoreChanges } from './restore-changes.ts'
import { STORED_VERSION } from './store-plan.ts'
import { readStoredRules } from './stored-rules.ts'
import { numberedPlan, type StoredPlan, storedPlanSchema } from './stored-schema.ts'

/**
 * Reads a plan that was stored with `JSON.stringify`, so that it can be reviewed in one place and applied in another.
 * `apply` refuses it like any plan if the host is no longer as the plan saw it.
 *
 * The whole text is checked. Changes of rules, links and sysctls are worked out again, and must be those that the text
 * shows. So a reviewed plan does nothing else.
 *
 * @throws ParseError naming the place: a line and column for what is no JSON, a path such as `changes[3].part` for a
 *   value of the wrong kind
 * @throws InvalidRequestError for an address, a port or a name that no rule can hold
 * @throws StaleStateError where the changes do not follow from the rest of the text: it was edited, or another version
 *   of Portolan wrote it
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const text = JSON.stringify(await plan(intent, { backend: 'nftables' }))
 * await apply(planFromJson(text))
 * @public @since 0.1.0
 */
export const planFromJson = (text: string): Plan => {
  checkArgument(text, textValue('a text as JSON.stringify(plan) gives it'), 'the plan')
  const stored = readStored(text)
  const rules = readStoredRules(stored.stored.rules)
  const {
    project,
    backend,
    networks,
    parented,
    mappings,
    openings,
    routes,
    subnets,
    conflicts,
    incomplete = [],
    notes,
    unread = [],
  } = stored
  const { endpoints, guardForwarding, gateways, setsSysctls, facts } = stored.stored
  const desired: DesiredState = {
    project,
    networks,
    endpoints,
    mappings,
    ...(openings === undefined ? {} : { openings }),
    guardForwarding,
    ...(parented === undefined ? {} : { parented }),
    ...(routes === undefined ? {} : { routes }),
  }
  checkStored(stored, desired)
  const changes = restoreChanges(stored, desired, rules)
  const published = publishedPorts(rules)
  return speakingPlan({
    project,
    backend,
    subnets: subnets.map((subnet, at) => ({ ...subnet, gateway: gateways[at] ?? '' })),
    addresses: plannedAddresses(desired),
    conflicts,
    incomplete,
    changes,
    summary: summarise(changes),
    notes,
    unread,
    desired,
    leases: readLeases(stored.stored.leases),
    withdrawn: withdrawnPorts(published, desired),
    added: addedPorts(published, desired, changes),
    setsSysctls,
    observed: { facts, rules },
  })
}

const fail = (message: string, found: string): ParseError =>
  new ParseError(message, { source: 'plan', line: 1, column: 1 }, found)

const readStored = (text: string): StoredPlan => {
  const value = parseJson(text, 'plan', (found) => `expected a plan as JSON.stringify writes it: ${found}`)
  const { version } = checkedBy(numberedPlan, value, (fault) =>
    fail(
      `${faultText(fault)}. What "portolan plan --json" prints is for reading: store the plan with JSON.stringify.`,
      fault.found,
    ),
  ).stored
  if (version !== STORED_VERSION)
    throw fail(
      `stored.version: this Portolan reads version ${STORED_VERSION}, and the plan is of version ${version}. Plan again.`,
      String(version),
    )
  return checkedBy(storedPlanSchema, value, (fault) => fail(faultText(fault), fault.found))
}

/** Checks what a schema cannot express. */
const checkStored = ({ mappings, subnets, stored }: StoredPlan, desired: DesiredState): void => {
  for (const [at, { targets }] of mappings.entries())
    if (targets.length === 0) throw fail(`mappings[${at}].targets: expected one target or more`, '[]')
  if (stored.gateways.length !== subnets.length)
    throw fail('stored.gateways: expected one gateway for each subnet', String(stored.gateways.length))
  try {
    checkDesired(desired)
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error
    throw new InvalidRequestError(`The plan cannot be applied: ${error.message}`, { cause: error })
  }
}

const readLeases = (leases: LeaseProposal | null): LeaseProposal | null => {
  if (leases === null) return null
  const check = (lease: unknown, place: string): void => {
    if (parseLease(lease) === null)
      throw fail(`stored.leases.${place}: expected a lease`, JSON.stringify(lease) ?? 'nothing')
  }
  for (const [at, { before, after }] of leases.changes.entries()) {
    if (before !== null) check(before, `changes[${at}].before`)
    if (after !== null) check(after, `changes[${at}].after`)
  }
  for (const [at, lease] of leases.kept.entries()) check(lease, `kept[${at}]`)
  return leases
}
