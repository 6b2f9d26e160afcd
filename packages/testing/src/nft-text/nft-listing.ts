import { NotSimulatedError } from '../fake-host/not-simulated-error.ts'

/**
 * A listing of nftables as JSON, from the text of `nft list ruleset`.
 */
export const nftListing = (_text: string): string => {
  throw new NotSimulatedError(
    'The text of nft',
    'only its JSON is read',
    'Give what "nft -j list ruleset" prints.',
  )
}
