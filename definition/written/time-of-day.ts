const timeOfDayPattern = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

/** Is this a time of day such as `10:00`? */
export function isTimeOfDay(text: string): boolean {
  return timeOfDayPattern.test(text);
}
