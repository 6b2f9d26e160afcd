import {
  blockPools,
  type Config,
  emptyConfig,
  type HeldBlocks,
  type Intent,
  layerConfigs,
  type Pool,
  parsePool,
  poolText,
} from '@portolan/core'
import { inputText } from '@portolan/netfilter'
import { lowerRules } from '../host-rules/lower-rules.ts'
import { once } from '../lazy/once.ts'
import type { PlanInput } from './make-plan.ts'
import type { PlanOptions } from './plan-options.ts'
import { wordsOf } from './with-commands.ts'

/**
 * The part of a plan's input that is known of the host.
 * @public @since 0.1.0
 */
export type KnownHost = Pick<
  PlanInput,
  | 'facts'
  | 'rules'
  | 'surrounding'
  | 'backend'
  | 'leases'
  | 'neighbours'
  | 'unread'
  | 'fixes'
  | 'owed'
  | 'sysctls'
  | 'live'
  | 'isLive'
  | 'search'
> &
  Partial<Pick<PlanInput, 'blocks' | 'lost' | 'setBefore'>>

/**
 * Makes the input of a plan from what is known of the host and what the caller asks for. Pure.
 *
 * @param options - options about what to read are ignored
 * @returns the input, with `firewalld` null: nothing here reads firewalld
 * @example
 * makePlan(planInput(intent, { pools: ['10.200.0.0/16:24'] }, known)).subnets[0]?.subnet // '10.200.0.0/24'
 * @public @since 0.1.0
 */
export const planInput = (intent: Intent, options: PlanOptions, known: KnownHost): PlanInput => {
  const settled = settledConfig(options)
  const blocks = known.blocks ?? null
  return {
    ...known,
    intent,
    present: once(() => lowerRules(known.surrounding ?? known.rules)),
    blocks,
    pools:
      options.pools === undefined ? poolsBeside(blocks, settled) : (settled.pools?.map(parsePool) ?? null),
    reserve: settled.reserved,
    allow: settled.allowed,
    guardForwarding: options.guardForwarding ?? false,
    move: options.move ?? [],
    fix: options.fix ?? false,
    firewalld: null,
    ...wordsOf(options),
    ...(options.ownCommand === undefined ? {} : { ownCommand: options.ownCommand }),
  }
}

/**
 * The pools of the config, for the families in which the cluster has no addresses.
 * @internal
 */
export const poolsBeside = (
  blocks: HeldBlocks | null,
  { pools }: Pick<Config, 'pools'>,
): readonly Pool[] | null =>
  pools
    ?.map(parsePool)
    .filter(({ entries }) =>
      entries.some(({ prefix }) => blocks === null || blockPools(blocks, prefix.family) === null),
    ) ?? null

/**
 * The pools and ranges of the options, layered over those of the config.
 * @internal
 */
export const settledConfig = (options: PlanOptions): Config =>
  layerConfigs(optionsAsConfig(options), options.config ?? emptyConfig)

const optionsAsConfig = ({ pools, reserve, allow }: PlanOptions): Config => ({
  pools: pools?.map(poolText) ?? null,
  reserved: (reserve ?? []).map((range) => ({ range: inputText(range), from: null })),
  allowed: (allow ?? []).map(inputText),
})
