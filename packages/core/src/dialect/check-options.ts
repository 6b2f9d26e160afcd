import {
  checkArgument,
  checkOptions,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  textsValue,
  wholeValue,
} from '@portolan/netfilter/schema'
import type { MendOptions } from '../plan/mending.ts'
import type { CompileOptions } from './compile-options.ts'
import type { RuleApplyOptions } from './rule-apply-options.ts'
import type { RuleScriptOptions } from './rule-script.ts'

const leaving = nullOr(textsValue)
const ruleset = nullOr(objectValue('a ruleset such as parse() gives', { tables: 'list' }))

const compileKinds: OptionKinds<CompileOptions> = { leaving }

/**
 * Refuses options of a compiler that are of another kind. Callers in JavaScript have no compiler that does so.
 *
 * @param what - the function: `compile`
 * @throws InvalidRequestError
 * @example
 * checkCompileOptions({ leaving: ['eth0'] }, 'compile')
 * @public @since 0.1.0
 */
export const checkCompileOptions = (options: unknown, what: string): void =>
  checkOptions(options, compileKinds, `the options of ${what}`)

const networks = listValue('a list of networks, as bridgeNetwork() gives them', objectValue('').holds)

const mendKinds: OptionKinds<MendOptions<unknown>> = {
  networks,
  known: ruleset,
  presence: objectValue('functions { hasInterface, hasSubnetOf }', {
    hasInterface: 'function',
    hasSubnetOf: 'function',
  }),
  leaving,
}

/**
 * Refuses options of `mend` that are of another kind.
 *
 * @throws InvalidRequestError
 * @example
 * checkMendOptions({ networks: [] })
 * @public @since 0.1.0
 */
export const checkMendOptions = (options: unknown): void => {
  checkOptions(options, mendKinds, 'the options of mend')
  checkArgument((options as MendOptions<unknown>).networks, networks, 'networks in the options of mend')
}

const scriptKinds: OptionKinds<RuleScriptOptions<unknown>> = { remarks: textsValue, host: ruleset }

/**
 * Refuses options of `printScript` that are of another kind.
 *
 * @throws InvalidRequestError
 * @example
 * checkScriptOptions({ remarks: ['planned for web-1'] })
 * @public @since 0.1.0
 */
export const checkScriptOptions = (options: unknown): void =>
  checkOptions(options, scriptKinds, 'the options of printScript')

const applyKinds: OptionKinds<RuleApplyOptions> = {
  socket: nullOr(objectValue('a netlink socket', { request: 'function' })),
  generation: nullOr(wholeValue),
}

/**
 * Refuses options for applying changes that are of another kind.
 *
 * @param what - the function: `apply`
 * @throws InvalidRequestError
 * @example
 * checkApplyOptions({ socket: null }, 'apply')
 * @public @since 0.1.0
 */
export const checkApplyOptions = (options: unknown, what: string): void =>
  checkOptions(options, applyKinds, `the options of ${what}`)
