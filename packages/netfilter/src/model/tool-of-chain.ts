import type { NetfilterChain, NetfilterTable, RuleTool } from './ruleset.ts'

/**
 * The tool that manages a chain. A table of iptables-nft may have base chains that nft made, and only nft changes
 * those.
 */
export const toolOfChain = (table: NetfilterTable, chain: NetfilterChain | null | undefined): RuleTool =>
  chain?.tool ?? table.tool
