/** Descriptors of the locks that this process passes on to the programs it starts. */
const held = new Set<number>()

/** The descriptors that a child inherits in addition to its standard streams. */
export const inheritedLocks = (): readonly number[] => [...held]

/** Lets every program that the Runner starts from now on hold this lock too, until the returned function is called. */
export const bequeathLock = (descriptor: number): (() => void) => {
  held.add(descriptor)
  return () => held.delete(descriptor)
}
