import { checkProject, type Intent } from '@portolan/core'
import { interfaceNameFault } from '@portolan/core/planning'
import type { InvalidRequestError } from '@portolan/netfilter'
import { backends, type Plan } from 'portolan/machine'
import { checkFlag, checkKeys, checkOneOf, isObject, notExpected } from './check-value.ts'

/** Refuses a value without the parts of an intent that every function here reads. `plan` checks the rest. */
export const checkIntent: (intent: unknown, what: string) => asserts intent is Intent = (intent, what) => {
  if (!isObject(intent))
    throw notExpected(what, 'expected an intent, such as readCompose(text, { source }) gives', intent)
  if (typeof intent.project !== 'string')
    throw notExpected(`${what}: project`, 'expected the name of a project', intent.project)
  for (const key of ['networks', 'endpoints', 'mappings', 'notes'])
    if (!Array.isArray(intent[key])) throw notExpected(`${what}: ${key}`, 'expected a list', intent[key])
}

const choices: readonly string[] = ['auto', 'iptables', ...backends]

/** Options that a simulated host refuses by name, with a message of their own. */
const unsimulated: readonly string[] = ['fix', 'runner', 'facts', 'rules', 'leases', 'stateDirectory']
const planKeys: readonly string[] = [
  'backend',
  'lastBackend',
  'pools',
  'reserve',
  'allow',
  'config',
  'guardForwarding',
  'sysctls',
  'move',
  'ownCommand',
]

export const checkPlanOptions = (options: unknown): void => {
  const what = 'host.plan(intent, options)'
  const simulated = isObject(options)
    ? Object.fromEntries(Object.entries(options).filter(([key]) => !unsimulated.includes(key)))
    : options
  const given = checkKeys(simulated, planKeys, what, 'options')
  for (const key of ['backend', 'lastBackend'])
    if (given[key] !== undefined) checkOneOf(given[key], choices, `${what}: ${key}`)
  for (const key of ['pools', 'reserve', 'allow', 'move'])
    if (given[key] !== undefined && !Array.isArray(given[key]))
      throw notExpected(`${what}: ${key}`, 'expected a list', given[key])
  for (const key of ['guardForwarding', 'sysctls']) checkFlag(given[key], `${what}: ${key}`)
  if (given.config !== undefined && !isObject(given.config))
    throw notExpected(`${what}: config`, 'expected what readConfig gives', given.config)
  if (given.ownCommand !== undefined && typeof given.ownCommand !== 'function')
    throw notExpected(`${what}: ownCommand`, 'expected a function', given.ownCommand)
}

export const isPlan = (plan: unknown): plan is Plan =>
  isObject(plan) && Array.isArray(plan.changes) && Array.isArray(plan.conflicts) && isObject(plan.desired)

export const checkPlan: (plan: unknown) => asserts plan is Plan = (plan) => {
  if (!isPlan(plan))
    throw notExpected('host.apply(plan)', 'expected a plan, such as await host.plan(intent) gives', plan)
}

export const checkDestroyOptions = (options: unknown): void => {
  const what = 'host.destroy(options)'
  const { project, keepLeases } = checkKeys(options, ['project', 'keepLeases'], what, 'options')
  if (project !== undefined) checkProjectName(project, what)
  checkFlag(keepLeases, `${what}: keepLeases`)
}

export const checkOpenOptions = (options: unknown): void => {
  const what = 'host.openHost(options)'
  const { backend, project } = checkKeys(options, ['backend', 'project'], what, 'options')
  if (backend !== undefined) checkOneOf(backend, choices, `${what}: backend`)
  if (project !== undefined) checkProjectName(project, what)
}

/** Checks a project's name as the real host does. */
const checkProjectName = (project: unknown, what: string): void => {
  if (typeof project !== 'string')
    throw notExpected(`${what}: project`, 'expected the name of a project', project)
  checkProject(project)
}

export const checkInterfaceName = (name: unknown, what: string): void => {
  if (typeof name !== 'string') throw notExpected(what, 'expected a name of 1 to 15 bytes', name)
  const fault = interfaceNameFault(name)
  if (fault !== null) throw notExpected(what, fault, name)
}

export const checkDuration = (ms: unknown): void => {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0)
    throw notExpected('host.advance(ms)', 'expected milliseconds, 0 or more', ms)
}

export const noSuchBridge = (name: unknown, bridges: readonly string[]): InvalidRequestError =>
  notExpected(
    'drift.deleteBridge(name)',
    bridges.length === 0
      ? 'this host has no bridge of Portolan; apply a plan first'
      : `expected a bridge of Portolan on this host (${bridges.join(', ')})`,
    name,
  )
