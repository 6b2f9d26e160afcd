import {
  checkArgument,
  isAddressLike,
  listValue,
  objectValue,
  textValue,
  type ValueKind,
  wordValue,
} from '@portolan/netfilter/schema'
import { backendChoices, backends } from '../backend/backend.ts'

export const leaseStoreValue: ValueKind = objectValue('a lease store such as openLeaseStore() gives', {
  read: 'function',
  transact: 'function',
})
export const runnerValue: ValueKind = objectValue('a Runner, an object with a method run', {
  run: 'function',
})
export const signalValue: ValueKind = {
  expected: 'an AbortSignal',
  holds: (value) => value instanceof AbortSignal,
}
export const backendValue: ValueKind = wordValue(backendChoices)
/** An empty path would be the folder that the program was started in. */
export const folderValue: ValueKind = {
  expected: 'the path of a folder',
  holds: (value) => typeof value === 'string' && value !== '',
}
export const projectValue: ValueKind = textValue('the name of a project')
export const rangesValue: ValueKind = listValue('a list of prefixes such as ["10.0.0.0/8"]', isAddressLike)

/** The rules of a host, in every backend. */
export const rulesValue: ValueKind = objectValue(
  'rules of every backend, such as noRules, or the observed.rules of a plan',
  {
    ...(Object.fromEntries(backends.map((one) => [one, 'object'])) as Record<string, 'object'>),
    unread: 'list',
  },
)

/** @throws InvalidRequestError */
export const checkPlanValue = (plan: unknown): void =>
  checkArgument(
    plan,
    // The parsed JSON of a plan has no `desired`.
    objectValue('what plan() gives, or planFromJson() of its JSON', {
      changes: 'list',
      desired: 'object',
      observed: 'object',
    }),
    'the plan',
  )

/** @throws InvalidRequestError */
export const checkRemovalValue = (removal: unknown): void =>
  checkArgument(
    removal,
    objectValue('what planDestroy() gives', { changes: 'list', leases: 'list', live: 'list', kept: 'list' }),
    'the removal',
  )

export const configValue: ValueKind = objectValue('what readConfig() gives', {
  reserved: 'list',
  allowed: 'list',
})
