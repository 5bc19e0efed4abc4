// What a phone's camera reads from a code on the screen.

import jsqr from "jsqr";

/** The pixels of a picture, four bytes each: runs in a page that may draw anything. */
const pixels = async (source) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0);
  return { width: image.width, height: image.height, data: [...drawing.getImageData(0, 0, image.width, image.height).data] };
};

/** The text of the QR code that is shown at `place` of somebody's page, or nothing. */
export const readByCamera = async (person, place) => {
  const picture = await place.screenshot();
  const page = await person.context.newPage();
  try {
    const { data, width, height } = await page.evaluate(pixels, `data:image/png;base64,${picture.toString("base64")}`);
    return jsqr.default(Uint8ClampedArray.from(data), width, height)?.data;
  } finally {
    await page.close();
  }
};
