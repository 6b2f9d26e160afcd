/** Descriptors of locks that the programs this process starts are to have too. */
const held = new Set<number>()

/** What a child inherits beside its standard streams. */
export const inheritedLocks = (): readonly number[] => [...held]

/** From now on every program that the Runner starts has this lock too, until the function returned is called. */
export const bequeathLock = (descriptor: number): (() => void) => {
  held.add(descriptor)
  return () => held.delete(descriptor)
}
