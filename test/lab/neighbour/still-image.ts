import { mustRun } from '../run.ts'
import type { EngineRoom } from './engine-room.ts'

/** The only program of the image, which sleeps for ever. */
export const stillCommand = ['/usr/bin/sleep', 'infinity'] as const

// The image is made of the machine's own sleep and its libraries, so it needs no registry and no further package.
const make = async (room: EngineRoom): Promise<string> => {
  const libraries = (await mustRun(['ldd', stillCommand[0]])).match(/\/\S+/g) ?? []
  const files = [stillCommand[0], ...libraries].map((path) => path.slice(1))
  await room.mustRun(['tar', '-chf', '/run/lab/still.tar', '-C', '/', ...files])
  return '/run/lab/still.tar'
}

const images = new WeakMap<EngineRoom, Promise<string>>()

/** The path of a tar file with the image's root file system, for `docker import`. */
export const stillImage = (room: EngineRoom): Promise<string> => {
  const image = images.get(room) ?? make(room)
  images.set(room, image)
  return image
}
