import { type LeaseState, leasedSubnets } from '../lease/index.ts'

/** Networks that stay what they were: one that gets a bridge, or leaves it for a parent, has no use for its old subnet. */
export const keptNames = (
  state: LeaseState,
  project: string,
  bridges: readonly { readonly name: string }[],
  parented: readonly { readonly name: string }[],
): ReadonlySet<string> => {
  const onParent = new Map(
    leasedSubnets(state).flatMap((lease) =>
      lease.project === project ? [[lease.network, lease.parented !== undefined] as const] : [],
    ),
  )
  return new Set([
    ...bridges.flatMap(({ name }) => (onParent.get(name) === true ? [] : [name])),
    ...parented.flatMap(({ name }) => (onParent.get(name) === false ? [] : [name])),
  ])
}
