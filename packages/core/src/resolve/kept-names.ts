import { type LeaseState, leasedSubnets } from '../lease/index.ts'

/**
 * The names of networks that are new, or keep their kind: with a bridge, or on a parent. A network that changes its
 * kind does not keep its subnet.
 */
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
