/** Descriptors of the locks that this process passes on to the programs it starts. */
const held = new Set<number>()

/** The descriptors that a child inherits beside its standard streams. */
export const inheritedLocks = (): readonly number[] => [...held]

/** From now on every program that the Runner starts has this lock too, until the function returned is called. */
export const bequeathLock = (descriptor: number): (() => void) => {
  held.add(descriptor)
  return () => held.delete(descriptor)
}
