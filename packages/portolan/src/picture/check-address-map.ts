import { checkArgument, objectValue } from '@portolan/netfilter/schema'

/** @throws InvalidRequestError for what is no map of addresses */
export const checkAddressMap = (map: unknown): void =>
  checkArgument(
    map,
    objectValue('what mapAddresses() gives', {
      family: 'text',
      rows: 'objects',
      holders: 'objects',
      picks: 'objects',
    }),
    'the map of addresses',
  )
