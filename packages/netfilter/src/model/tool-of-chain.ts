import type { NetfilterChain, NetfilterTable, RuleTool } from './ruleset.ts'

/** The tool that takes rules for a chain. A table of iptables-nft may have base chains that nft made, and nft alone changes those. */
export const toolOfChain = (table: NetfilterTable, chain: NetfilterChain | null | undefined): RuleTool =>
  chain?.tool ?? table.tool
