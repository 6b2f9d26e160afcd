/** The folder of a file; empty for the current one. */
export const folderOf = (path: string): string => {
  const end = path.lastIndexOf('/')
  return end === 0 ? '/' : path.slice(0, Math.max(end, 0))
}

/** A path relative to a folder. An absolute path stays as it is. */
export const pathFrom = (folder: string, path: string): string =>
  path.startsWith('/') || folder === '' ? path : `${folder.replace(/\/$/, '')}/${path}`
