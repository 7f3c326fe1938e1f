// A profile's file is read into the form, so that it is seen before it is sent.
const file = document.getElementById("file");

file.addEventListener("change", async () => {
  if (file.files.length) document.getElementById("text").value = await file.files[0].text();
});
