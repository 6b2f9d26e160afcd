/** Says what an object is for, from its comment: `, for 0.0.0.0:8080/tcp -> nginx:80 of shop`. */
export const purpose = (comment: string | null): string => {
  const at = comment?.indexOf('/') ?? -1
  return comment === null || at < 0 ? '' : `, for ${comment.slice(at + 1)} of ${comment.slice(0, at)}`
}
